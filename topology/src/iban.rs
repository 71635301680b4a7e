use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// An account number of this bank's form has ten digits of its own, so numbers end before this.
const NUMBERS: u64 = 10_000_000_000;
/// Numbers from here do not start with a 0, so they are never given out.
const ISSUED_NUMBERS: u64 = 1_000_000_000;
/// `OPEN` with A = 10, B = 11 and so on, as ISO 13616 has it.
const OPEN: u64 = 24_251_423;
/// `NL` in the same way, and two zeros in the place of the check digits.
const NL00: u64 = 232_100;
const IBAN_LEN: usize = 18;

/// An IBAN of this bank's form: `NL`, two check digits, `OPEN`, ten digits. Kept as the ten digits: the rest follows.
///
/// That a number has this form does not mean that there is such an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(u64);

/// The text or number is no IBAN of this bank's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IBAN of this bank's form")]
pub struct InvalidIban;

impl Iban {
    /// The account of the company, which exists from the start.
    pub const COMPANY: Self = Self(0);

    /// Reads the 18 characters; the check digits must be the ones the number asks for.
    ///
    /// # Errors
    /// [`InvalidIban`] for any other text, lower case and spaces included.
    pub fn parse(text: &str) -> Result<Self, InvalidIban> {
        let bytes: &[u8; IBAN_LEN] = text.as_bytes().try_into().map_err(|_| InvalidIban)?;
        if !bytes.starts_with(b"NL") || &bytes[4..8] != b"OPEN" {
            return Err(InvalidIban);
        }
        let check_digits = digits(&bytes[2..4]).ok_or(InvalidIban)?;
        let number = digits(&bytes[8..]).ok_or(InvalidIban)?;
        if check_digits == check_digits_of(number) { Ok(Self(number)) } else { Err(InvalidIban) }
    }

    /// From the ten digits.
    ///
    /// # Errors
    /// [`InvalidIban`] where the number has more than ten digits.
    pub const fn from_number(number: u64) -> Result<Self, InvalidIban> {
        if number < NUMBERS { Ok(Self(number)) } else { Err(InvalidIban) }
    }

    /// The ten digits.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether this bank may give the number out: its first digit is 0.
    #[must_use]
    pub const fn can_be_issued(self) -> bool {
        self.0 < ISSUED_NUMBERS
    }

    /// The 18 characters, without a heap allocation.
    #[must_use]
    pub fn text(self) -> IbanText {
        let mut text = *b"NL00OPEN0000000000";
        write_digits(check_digits_of(self.0), &mut text[2..4]);
        write_digits(self.0, &mut text[8..]);
        IbanText(text)
    }
}

/// `98 - (N mod 97)`, where N is written `OPEN`, the ten digits, `NL00`, letters as two digits.
fn check_digits_of(number: u64) -> u64 {
    let open = OPEN % 97 * (10_u64.pow(16) % 97);
    let n = open + number % 97 * (10_u64.pow(6) % 97) + NL00;
    98 - n % 97
}

fn digits(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

fn write_digits(mut number: u64, out: &mut [u8]) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (number % 10).to_le_bytes()[0];
        number /= 10;
    }
}

/// Whether a text is an IBAN of another bank: a country's two letters, two check digits, 15 to 34 characters in all, upper
/// case, with a remainder of 1 by 97 (ISO 13616). The lengths per country are not checked. One of this bank's form is none.
#[must_use]
pub fn is_foreign_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !(15..=34).contains(&bytes.len())
        || !bytes[..2].iter().all(u8::is_ascii_uppercase)
        || !bytes[2..4].iter().all(u8::is_ascii_digit)
        || Iban::parse(text).is_ok()
    {
        return false;
    }
    let mut remainder = 0_u64;
    for byte in bytes[4..].iter().chain(&bytes[..4]) {
        remainder = match byte {
            b'0'..=b'9' => remainder * 10 + u64::from(byte - b'0'),
            b'A'..=b'Z' => remainder * 100 + u64::from(byte - b'A' + 10),
            _ => return false,
        } % 97;
    }
    remainder == 1
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl FromStr for Iban {
    type Err = InvalidIban;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The 18 characters of an [`Iban`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IbanText([u8; IBAN_LEN]);

impl Deref for IbanText {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of ASCII only")
    }
}

impl fmt::Debug for IbanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Display for IbanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_company_has_the_number_of_the_contract() {
        assert_eq!(&*Iban::COMPANY.text(), "NL66OPEN0000000000");
        assert_eq!(Iban::parse("NL66OPEN0000000000"), Ok(Iban::COMPANY));
    }

    #[test]
    fn only_the_right_check_digits_are_accepted() {
        let accepted: Vec<u32> =
            (0..100).filter(|check| Iban::parse(&format!("NL{check:02}OPEN0000000000")).is_ok()).collect();
        assert_eq!(accepted, [66]);
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "NL66OPEN000000000",
            "NL66OPEN00000000000",
            "nl66open0000000000",
            "NL66 OPEN 0000 0000 00",
            "NL66OPEN000000000O",
            "BE66OPEN0000000000",
            "NL66INGB0000000000",
            "NL+6OPEN0000000000",
            "cash",
            "NL66OPENé00000000",
        ] {
            assert_eq!(Iban::parse(text), Err(InvalidIban), "{text}");
        }
        assert_eq!(Iban::from_number(NUMBERS), Err(InvalidIban));
    }

    #[test]
    fn only_numbers_that_start_with_a_zero_are_given_out() {
        assert!(Iban(999_999_999).can_be_issued());
        assert!(!Iban(1_000_000_000).can_be_issued());
    }

    #[test]
    fn ibans_of_other_banks_are_known() {
        for (text, foreign) in [
            ("NL91ABNA0417164300", true),
            ("GB82WEST12345698765432", true),
            ("DE89370400440532013000", true),
            ("NO9386011117947", true),
            ("MT84MALT011000012345MTLCAST001S", true),
            ("NL92ABNA0417164300", false),
            ("nl91abna0417164300", false),
            ("NL91 ABNA 0417 1643 00", false),
            ("Albert Heijn BV", false),
            ("cash", false),
            ("", false),
            ("1291ABNA0417164300", false),
            ("NL66OPEN0000000000", false),
            ("ééééééééééé", false),
        ] {
            assert_eq!(is_foreign_iban(text), foreign, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number in 0..NUMBERS) {
            let iban = Iban::from_number(number).unwrap();
            prop_assert_eq!(Iban::parse(&iban.text()), Ok(iban));
            prop_assert_eq!(iban.number(), number);
        }

        #[test]
        fn the_check_digits_leave_one_by_97(number in 0..NUMBERS) {
            let check = check_digits_of(number);
            let whole = format!("{OPEN}{number:010}{}", NL00 + check);
            prop_assert_eq!(whole.parse::<u128>().unwrap() % 97, 1);
        }

        #[test]
        fn one_changed_digit_is_noticed(number in 0..NUMBERS, place in 8..18_usize, by in 1..10_u8) {
            let mut text = Iban(number).text().0;
            text[place] = b'0' + (text[place] - b'0' + by) % 10;
            prop_assert_eq!(Iban::parse(&IbanText(text)), Err(InvalidIban));
        }

        #[test]
        fn any_text_is_answered(text: String) {
            let _ = Iban::parse(&text);
            let _ = is_foreign_iban(&text);
        }
    }
}
