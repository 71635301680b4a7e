//! The client page, worked by the contract's selectors alone.

use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, Locator, elements::Element, key::Key};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use topology::Iban;

use super::protocol::Interaction;
use crate::error::BenchmarkError;

const MENU_CLIENT: &str = "#flex-main-menu a:nth-child(2)";
const LOGIN_FORM: &str = "#login-form";
const USERNAME: &str = "#login-form div:nth-child(1) input";
const PASSWORD: &str = "#login-form div:nth-child(2) input";
const LOGIN: &str = "#login-form div:nth-child(3)";
const TRANSFER_FIELDS: [&str; 3] = [
    "#transfer-form div:nth-child(1) input",
    "#transfer-form div:nth-child(2) input",
    "#transfer-form div:nth-child(3) input",
];
const TRANSFER_BUTTON: &str = "#transfer-form div:nth-child(4) div a";
const NEWEST_AMOUNT: &str = "#transactions div:nth-child(1) div div:nth-child(1) p:nth-child(1) span:nth-child(2)";
const BOX: &str = "#transactions [id^=\"transaction-box-\"]";
/// The same amount, within a box.
const AMOUNT_IN_BOX: &str = "p:nth-child(1) span:nth-child(2)";
const WATCH: &str = include_str!("watch.js");

/// How long the pages may take to come up, and a login to be answered.
const PATIENCE: Duration = Duration::from_secs(30);
/// The original looked this often.
const POLL: Duration = Duration::from_millis(50);

/// The client page of somebody who has logged in.
pub struct Page<'a> {
    client: &'a Client,
}

/// What the page saw of an interaction.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    /// Which one.
    pub number: u32,
    /// From the click to the amount being in the page.
    pub latency_ms: f64,
    /// When the click was, in milliseconds since 1970.
    pub clicked_at_ms: f64,
    /// The id of the transaction's box.
    #[serde(rename = "box")]
    pub box_id: String,
}

impl Seen {
    /// The transaction.
    #[must_use]
    pub fn transaction_id(&self) -> Option<i64> {
        self.box_id.strip_prefix("transaction-box-")?.parse().ok()
    }
}

impl<'a> Page<'a> {
    /// Opens the pages, goes to the client page, logs in, and starts to watch.
    ///
    /// # Errors
    /// When the pages lack something that the contract promises, or the login is refused.
    pub async fn log_in(client: &'a Client, url: &str, username: &str, password: &str) -> Result<Self, BenchmarkError> {
        client.goto(url).await.map_err(|error| BenchmarkError::Browser(format!("opening {url}: {error}")))?;
        let page = Self { client };
        page.element(MENU_CLIENT).await?.click().await?;
        page.fill(USERNAME, username).await?;
        page.fill(PASSWORD, password).await?;
        page.element(LOGIN).await?.click().await?;
        if let Err(error) = page.element(&deposit_button(1_000)).await {
            return Err(page.no_log_in(username, &error).await);
        }
        page.watch().await?;
        Ok(page)
    }

    /// Lets the page forget who has logged in, so that the next one comes as somebody new.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn forget(self) -> Result<(), BenchmarkError> {
        self.client.execute("localStorage.clear(); sessionStorage.clear()", Vec::new()).await?;
        Ok(())
    }

    /// With what the page says of it.
    async fn no_log_in(&self, username: &str, error: &BenchmarkError) -> BenchmarkError {
        let form = match self.client.find(Locator::Css(LOGIN_FORM)).await {
            Ok(form) => form.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        let says = form.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ");
        BenchmarkError::Browser(format!(
            "no deposit button {} s after logging in as {username} ({error}): is the command handler at work, which makes the account, and are \
             --username and --password ones that the bank takes? The form says: {says}",
            PATIENCE.as_secs()
        ))
    }

    async fn watch(&self) -> Result<(), BenchmarkError> {
        self.client.execute(WATCH, vec![json!(NEWEST_AMOUNT), json!(BOX), json!(AMOUNT_IN_BOX)]).await?;
        Ok(())
    }

    /// Fills in the form where there is one, as a person does, which no latency counts; what is left is the click. Nothing where
    /// the fields take no text.
    ///
    /// # Errors
    /// When the page lacks an element, or the browser does not answer.
    pub async fn prepare(&self, interaction: Interaction) -> Result<Option<Element>, BenchmarkError> {
        match interaction {
            Interaction::Deposit { cents } => self.element(&deposit_button(cents)).await.map(Some),
            Interaction::Transfer { cents, description } => {
                let values = [cents.to_string(), Iban::COMPANY.to_string(), description.to_owned()];
                for (selector, value) in TRANSFER_FIELDS.iter().zip(values) {
                    match self.fill(selector, &value).await {
                        Err(BenchmarkError::WebDriver(error)) if matches!(*error, CmdError::Standard(_)) => {
                            tracing::warn!(selector, %error, "could not be filled in");
                            return Ok(None);
                        }
                        filled => filled?,
                    }
                }
                self.element(TRANSFER_BUTTON).await.map(Some)
            }
        }
    }

    /// Clicks, where that can be done. The watcher takes the time from this click.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn click(&self, number: u32, interaction: Interaction, button: &Element) -> Result<(), BenchmarkError> {
        let script = "window.openBankBenchmark.arm(arguments[0], arguments[1], arguments[2])";
        let of = vec![json!(number), json!(interaction.name()), json!(interaction.amount())];
        self.client.execute(script, of).await?;
        match button.click().await {
            // As one that still waits for the answer before: nobody gets an answer to it.
            Err(error @ CmdError::Standard(_)) => tracing::warn!(interaction = number, %error, "could not be clicked"),
            clicked => clicked?,
        }
        Ok(())
    }

    /// The id of the newest transaction's box; nothing where there is none.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn newest_box(&self) -> Result<Option<String>, BenchmarkError> {
        match self.client.find(Locator::Css(BOX)).await {
            // The list may be drawn anew between finding and reading.
            Ok(element) => Ok(element.attr("id").await.unwrap_or_default()),
            Err(error) if error.is_no_such_element() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks from outside, as the original did, until the newest transaction has the amount and is not the one that was the newest
    /// before; milliseconds from `began`, or nothing at the deadline.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn poll(
        &self,
        interaction: Interaction,
        before: Option<String>,
        began: Instant,
        deadline: Instant,
    ) -> Result<Option<f64>, BenchmarkError> {
        let amount = interaction.amount();
        while Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
            // The list may be drawn anew between finding and reading.
            let newest = match self.client.find(Locator::Css(NEWEST_AMOUNT)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(error) if error.is_no_such_element() => String::new(),
                Err(error) => return Err(error.into()),
            };
            let elapsed = began.elapsed();
            // Somebody who was here before, as in the warm-up, may have left one of the same amount.
            if newest == amount && self.newest_box().await? != before {
                return Ok(Some(elapsed.as_secs_f64() * 1_000.0));
            }
        }
        Ok(None)
    }

    /// What was seen of these interactions since it was asked last.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn take(&self, numbers: &[u32]) -> Result<Vec<Seen>, BenchmarkError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let told =
            self.client.execute("return window.openBankBenchmark.take(arguments[0])", vec![json!(numbers)]).await?;
        serde_json::from_value(told).map_err(|error| BenchmarkError::Browser(format!("what the page told: {error}")))
    }

    /// Types, and presses Enter, which must send nothing.
    async fn fill(&self, selector: &str, value: &str) -> Result<(), BenchmarkError> {
        let field = self.element(selector).await?;
        if field.prop("value").await?.is_some_and(|left| !left.is_empty()) {
            field.clear().await?;
        }
        Ok(field.send_keys(&format!("{value}{}", char::from(Key::Enter))).await?)
    }

    async fn element(&self, selector: &str) -> Result<Element, BenchmarkError> {
        let waited = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        waited.map_err(|error| BenchmarkError::Browser(format!("{selector}: {error}")))
    }
}

fn deposit_button(cents: u32) -> String {
    format!("#deposit-{cents}")
}

#[cfg(test)]
mod tests {
    use service_kit::settings::from_flags;

    use super::super::config::Addresses;
    use super::super::driver::Browser;
    use super::*;

    /// What the watcher needs of the client page, and a way to put a transaction into it.
    const PAGE: &str = r#"data:text/html,<body><button id="deposit-1000"></button><button id="deposit-2000"></button><div id="transactions"></div>
        <script>
            let id = 0;
            const book = (amount) => document.querySelector("%23transactions").insertAdjacentHTML("afterbegin",
                `<div><div id="transaction-box-${++id}"><div><p><span></span><span>${amount}</span></p></div></div></div>`);
        </script>"#;

    /// A page on which deposits are clicked and answered by hand.
    struct Bench<'a> {
        page: Page<'a>,
    }

    impl Bench<'_> {
        async fn click(&self, number: u32, cents: u32) {
            let interaction = Interaction::Deposit { cents };
            let button = self.page.prepare(interaction).await.expect("the button is there").expect("it can be clicked");
            self.page.click(number, interaction, &button).await.expect("it is clicked");
        }

        /// Looks once from outside whether a deposit is there that was not when `before` was the newest.
        async fn sees(&self, cents: u32, before: Option<String>) -> bool {
            let (began, interaction) = (Instant::now(), Interaction::Deposit { cents });
            self.page.poll(interaction, before, began, began + POLL).await.expect("the page answers").is_some()
        }

        /// Books a deposit; gives which interactions were answered by it.
        async fn book(&self, cents: u32) -> Vec<u32> {
            let amount = json!(Interaction::Deposit { cents }.amount());
            self.page.client.execute("book(arguments[0])", vec![amount]).await.expect("it runs");
            let all: Vec<u32> = (1..=20).collect();
            self.page.take(&all).await.expect("the page answers").iter().map(|seen| seen.number).collect()
        }
    }

    #[tokio::test]
    async fn an_answer_counts_for_its_own_interaction_however_late_and_whatever_was_lost() {
        let addresses: Addresses = from_flags(&[]).expect("it has defaults");
        let browser = Browser::start(&addresses).await.expect("chromium and its driver are there");
        browser.client().goto(PAGE).await.expect("the page is shown");
        let bench = Bench { page: Page { client: browser.client() } };
        bench.page.watch().await.expect("it watches");

        bench.click(1, 1_000).await;
        bench.click(2, 1_000).await;
        assert_eq!(bench.book(1_000).await, [1], "the older of two, late as it is");
        assert_eq!(bench.book(1_000).await, [2]);

        bench.click(3, 1_000).await;
        bench.click(4, 2_000).await;
        assert_eq!(bench.book(2_000).await, [4]);
        bench.click(5, 1_000).await;
        assert_eq!(bench.book(1_000).await, [5], "that of 3 was lost: 4, clicked later, was answered");
        assert_eq!(bench.book(1_000).await, [3], "nobody else waits for it");
        assert_eq!(bench.book(1_000).await, [0; 0]);

        let old = bench.page.newest_box().await.expect("the page answers");
        assert!(!bench.sees(1_000, old.clone()).await, "the newest has the amount, and was there before");
        bench.book(1_000).await;
        assert!(bench.sees(1_000, old).await);
        browser.close().await;
    }
}
