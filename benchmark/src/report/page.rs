//! The report as a page that needs nothing else: no script, no other file.

use super::charts::Chart;
use super::draw::escaped;
use super::table::Summary;

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2933;--line:#d0d5dd;--soft:#52606d}
@media(prefers-color-scheme:dark){:root{--paper:#15181d;--ink:#e4e7eb;--line:#3a414c;--soft:#a3adb8}}
body{margin:0 auto;max-width:1360px;padding:1rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));gap:1rem}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:.5rem;overflow:hidden}
figcaption{color:var(--soft);font-size:.85rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.35rem .75rem;text-align:left;vertical-align:top}
td.figure{text-align:right;white-space:nowrap}td.about{color:var(--soft);font-size:.85rem}a{color:inherit}";

/// The page of a report: what each category comes to, then its charts, each with its SVG.
#[must_use]
pub fn page(title: &str, summaries: &[Summary], charts: &[(Chart, String)]) -> String {
    let title = escaped(title);
    let rows: String = summaries.iter().map(row).collect();
    let figures: String = charts.iter().map(|(chart, svg)| figure(chart, svg)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p>A person clicks in a browser, again and again, while made-up customers send more and more messages. Latency is from the click \
         to the amount being in the page; an interaction that was not answered within the time-out counts as that. Bars at the points are \
         the standard error of the mean. All figures: <a href=\"figures.csv\">figures.csv</a>.</p>\n\
         <h2>What it comes to</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Summary\">\n<table>\n<thead><tr>\
         <th scope=\"col\">Category</th><th scope=\"col\">Least load, a second</th>\
         <th scope=\"col\">In the page: median / p99, ms</th><th scope=\"col\">Looked at every 50 ms: median / p99, ms</th>\
         <th scope=\"col\">Highest load held, a second</th><th scope=\"col\">Of the original's</th>\
         <th scope=\"col\">Measured</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n\
         <h2>Charts</h2>\n<div class=\"charts\">\n{figures}</div>\n</main>\n</body>\n</html>\n"
    )
}

fn row(summary: &Summary) -> String {
    let Summary { name, about, idle: [page, polled], idle_load, breaking, to_original } = summary;
    let figures: String = [idle_load, page, polled, breaking, to_original]
        .map(|figure| format!("<td class=\"figure\">{}</td>", escaped(figure)))
        .concat();
    format!("<tr><th scope=\"row\">{}</th>{figures}<td class=\"about\">{}</td></tr>\n", escaped(name), escaped(about))
}

fn figure(chart: &Chart, svg: &str) -> String {
    let id = &chart.id;
    format!("<figure id=\"{id}\">\n{svg}<figcaption><a href=\"{id}.svg\">{id}.svg</a></figcaption>\n</figure>\n")
}
