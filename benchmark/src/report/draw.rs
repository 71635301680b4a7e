//! Charts as SVG: readable on light and on dark, told apart by shape as well as by colour.

use std::fmt::Write as _;
use std::ops::Range;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::charts::{Bar, Chart, Line, Shape};
use super::figures::Mean;
use super::scale::{Scale, written};

/// How large a chart is, in pixels; it grows with where it is shown.
const SIZE: (u32, u32) = (640, 380);
const FONT: &str = "system-ui, sans-serif";
const FONT_SIZE: i32 = 14;
const TITLE_SIZE: i32 = 18;
const LEGEND_LINE: i32 = 20;
/// About how wide a letter of the legend is, and what stands before its text.
const LETTER: i32 = 7;
const MARK: i32 = 28;
const MARKER: i32 = 4;
/// Half of the line at the ends of a standard error.
const CROSSBAR: i32 = 3;
/// How much of its place a bar fills.
const BAR_SHARE: f64 = 0.6;

/// What darkens with the page's colours: `STYLE` names these again.
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(31, 41, 51);
const GRID: RGBColor = RGBColor(208, 213, 221);
const STYLE: &str = "svg.chart{max-width:100%;height:auto}\
    @media(prefers-color-scheme:dark){svg.chart [fill=\"#FFFFFF\"]{fill:#15181d}svg.chart text{fill:#e4e7eb}\
    svg.chart [stroke=\"#D0D5DD\"]{stroke:#3a414c}}";
/// Colours that stand out from both papers, at least three to one.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x2b, 0x7b, 0xc9),
    RGBColor(0xc6, 0x5a, 0x12),
    RGBColor(0x1f, 0x8f, 0x62),
    RGBColor(0xb0, 0x4f, 0xa8),
    RGBColor(0x8c, 0x7a, 0x10),
    RGBColor(0xd0, 0x43, 0x5b),
    RGBColor(0x6a, 0x6f, 0xd6),
    RGBColor(0x70, 0x7a, 0x88),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis<'b>, Axis<'b>>>;
type Failed<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// An axis from zero, with ticks where we say and written as we say.
struct Axis<'a> {
    end: f64,
    ticks: Vec<f64>,
    written: &'a dyn Fn(f64) -> String,
}

impl<'a> Axis<'a> {
    /// Up to the last of its ticks, which is the largest.
    fn to_last(ticks: Vec<f64>, written: &'a dyn Fn(f64) -> String) -> Self {
        Self { end: ticks.last().copied().unwrap_or(1.0), ticks, written }
    }
}

impl Ranged for Axis<'_> {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[allow(clippy::cast_possible_truncation)] // pixels of a chart
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * value / self.end).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Nothing is marked between them.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        0.0..self.end
    }
}

impl ValueFormatter<f64> for Axis<'_> {
    fn format_ext(&self, place: &f64) -> String {
        (self.written)(*place)
    }
}

/// The chart as SVG; `None` where it could not be drawn, which has no reason that a user could mend.
#[must_use]
pub fn svg(chart: &Chart) -> Option<String> {
    let mut text = String::new();
    drawn(chart, &mut text).ok()?;
    // What is drawn begins with its own tag, which gets a name, a class and colours of its own.
    let (_, inside) = text.split_once('>')?;
    let (width, height) = SIZE;
    let title = escaped(&format!("{}, {}", chart.title, chart.of));
    let mut whole = format!(
        "<svg class=\"chart\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>{title}</title>\n<style>{STYLE}</style>"
    );
    // The drawing's own blank lines around texts are no part of them.
    for line in inside.lines().filter(|line| !line.is_empty()) {
        let _ = write!(whole, "\n{line}");
    }
    whole.push('\n');
    Some(whole)
}

/// Text as it may stand in SVG and HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn drawn<'a>(chart: &Chart, text: &'a mut String) -> Result<(), Failed<'a>> {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&PAPER)?;
    let legend = legend(chart);
    let rows = legend_rows(&legend);
    let height = i32::try_from(SIZE.1).unwrap_or(i32::MAX) - LEGEND_LINE * i32::try_from(rows.len()).unwrap_or(0) - 6;
    let (above, below) = root.split_vertically(height);
    match &chart.shape {
        Shape::Lines(lines) => draw_lines(&above, chart, lines)?,
        Shape::Bars(layers, bars) => draw_bars(&above, chart, layers, bars)?,
    }
    draw_legend(&below, &rows, matches!(chart.shape, Shape::Lines(_)))?;
    root.present()
}

fn draw_lines<'a>(area: &Area<'a>, chart: &Chart, lines: &[Line]) -> Result<(), Failed<'a>> {
    let all = || lines.iter().flat_map(|line| &line.points);
    let loads = Scale::fitting(all().map(|(load, _)| *load));
    let values = Scale::fitting(all().map(|(_, value)| value.mean + value.stderr.unwrap_or(0.0)));
    let (load, value) = (|place| written(loads.at(place)), |place| written(values.at(place)));
    // Across, the last value ends the axis: the next tick may be far beyond it.
    let end = loads.place(all().map(|(load, _)| *load).fold(0.0, f64::max)).max(f64::MIN_POSITIVE) * 1.02;
    let ticks = loads.ticks().into_iter().map(|tick| loads.place(tick)).filter(|place| *place <= end).collect();
    let across = Axis { end, ticks, written: &load };
    let upright = Axis::to_last(values.ticks().iter().map(|tick| values.place(*tick)).collect(), &value);
    let mut plane = plane(area, chart, "made-up customers' messages a second", across, upright)?;
    for line in lines {
        let colour = colour(line.category);
        let at = |(load, value): &(f64, Mean)| (loads.place(*load), values.place(value.mean));
        plane.draw_series(LineSeries::new(line.points.iter().map(at), colour.stroke_width(2)))?;
        let sure = line.points.iter().filter_map(|(load, value)| {
            let error = value.stderr?;
            let end = |value: f64| (loads.place(*load), values.place(value));
            Some(ErrorMark { ends: [end(value.mean - error), end(value.mean + error)], category: line.category })
        });
        plane.draw_series(sure)?;
        plane.draw_series(line.points.iter().map(|point| Marker { at: at(point), category: line.category }))?;
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // positions of a few bars
fn draw_bars<'a>(area: &Area<'a>, chart: &Chart, layers: &[(&str, usize)], bars: &[Bar]) -> Result<(), Failed<'a>> {
    let values = Scale::linear(bars.iter().map(|bar| bar.layers.iter().sum()).fold(0.0, f64::max));
    let layered = layers.len() > 1;
    let middles: Vec<f64> = (0..bars.len()).map(|index| index as f64 + 0.5).collect();
    let name = |place: f64| {
        let found = middles.iter().position(|middle| (middle - place).abs() < 0.1);
        found.filter(|_| layered).map_or_else(String::new, |index| bars[index].name.clone())
    };
    let value = |place| written(values.at(place));
    let ends = [vec![0.0], middles.clone(), vec![bars.len() as f64]].concat();
    let across = Axis::to_last(ends, &name);
    let upright = Axis::to_last(values.ticks(), &value);
    let mut plane = plane(area, chart, "", across, upright)?;
    for (bar, &middle) in bars.iter().zip(&middles) {
        let (left, right) = (middle - BAR_SHARE / 2.0, middle + BAR_SHARE / 2.0);
        let mut below = 0.0;
        for ((_, of_layer), height) in layers.iter().zip(&bar.layers) {
            let colour = colour(if layered { *of_layer } else { bar.category });
            plane.draw_series([Rectangle::new([(left, below), (right, below + height)], colour.filled())])?;
            below += height;
        }
        let above = text(FONT_SIZE).pos(Pos::new(HPos::Center, VPos::Bottom));
        plane.draw_series([Text::new(written((below * 10.0).round() / 10.0), (middle, below), above)])?;
    }
    Ok(())
}

/// A title, two axes and their lines.
fn plane<'a, 'b>(
    area: &Area<'a>,
    chart: &Chart,
    of: &str,
    across: Axis<'b>,
    upright: Axis<'b>,
) -> Result<Plane<'a, 'b>, Failed<'a>> {
    let mut plane = ChartBuilder::on(area)
        .caption(&chart.title, text(TITLE_SIZE))
        .margin(10)
        // Half of the last tick's text.
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(across, upright)?;
    plane
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_desc(of)
        .y_desc(chart.of)
        .label_style(text(FONT_SIZE))
        .draw()?;
    Ok(plane)
}

fn text(size: i32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

const fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

/// A mean's standard error: an upright line with a crossbar at each end. One path, where the library's own element takes four.
struct ErrorMark<C> {
    ends: [C; 2],
    category: usize,
}

impl<'a, C> PointCollection<'a, C> for &'a ErrorMark<C> {
    type Point = &'a C;
    type IntoIter = std::slice::Iter<'a, C>;

    fn point_iter(self) -> Self::IntoIter {
        self.ends.iter()
    }
}

impl<C, B: DrawingBackend> Drawable<B> for ErrorMark<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut B,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<B::ErrorType>> {
        let (Some((x, low)), Some((_, high))) = (points.next(), points.next()) else { return Ok(()) };
        let below = [(x - CROSSBAR, low), (x + CROSSBAR, low), (x, low)];
        let above = [(x, high), (x - CROSSBAR, high), (x + CROSSBAR, high)];
        backend.draw_path(below.into_iter().chain(above), &colour(self.category))
    }
}

/// A point's mark: its category's colour and shape.
struct Marker<C> {
    at: C,
    category: usize,
}

impl<'a, C> PointCollection<'a, C> for &'a Marker<C> {
    type Point = &'a C;
    type IntoIter = std::iter::Once<&'a C>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(&self.at)
    }
}

impl<C, B: DrawingBackend> Drawable<B> for Marker<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut B,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<B::ErrorType>> {
        let Some((x, y)) = points.next() else { return Ok(()) };
        let style = colour(self.category).stroke_width(2);
        let radius = MARKER.unsigned_abs();
        // Shifted where colours begin anew, so that no two of the first 32 have both in common.
        match (self.category + self.category / COLOURS.len()) % 4 {
            0 => backend.draw_circle((x, y), radius, &style, true),
            1 => {
                let corners = [(x - MARKER - 1, y + MARKER), (x + MARKER + 1, y + MARKER), (x, y - MARKER - 1)];
                backend.fill_polygon(corners, &style)
            }
            2 => {
                backend.draw_line((x - MARKER, y - MARKER), (x + MARKER, y + MARKER), &style)?;
                backend.draw_line((x - MARKER, y + MARKER), (x + MARKER, y - MARKER), &style)
            }
            _ => backend.draw_circle((x, y), radius, &style, false),
        }
    }
}

/// Names, with the index of colour and mark.
fn legend(chart: &Chart) -> Vec<(String, usize)> {
    match &chart.shape {
        Shape::Lines(lines) => lines.iter().map(|line| (line.name.clone(), line.category)).collect(),
        Shape::Bars(layers, _) if layers.len() > 1 => {
            layers.iter().map(|(name, colour)| ((*name).to_owned(), *colour)).collect()
        }
        Shape::Bars(_, bars) => bars.iter().map(|bar| (bar.name.clone(), bar.category)).collect(),
    }
}

/// As many to a row as fit, each with where it begins.
fn legend_rows(legend: &[(String, usize)]) -> Vec<Vec<(i32, &str, usize)>> {
    let width = i32::try_from(SIZE.0).unwrap_or(i32::MAX);
    let mut rows: Vec<Vec<(i32, &str, usize)>> = Vec::new();
    let mut end = width;
    for (name, index) in legend {
        let wide = MARK + LETTER * i32::try_from(name.chars().count()).unwrap_or(0) + 12;
        if end + wide > width {
            rows.push(Vec::new());
            end = 16;
        }
        rows.last_mut().expect("one was pushed").push((end, name, *index));
        end += wide;
    }
    rows
}

fn draw_legend<'a>(area: &Area<'a>, rows: &[Vec<(i32, &str, usize)>], lines: bool) -> Result<(), Failed<'a>> {
    let mut y = LEGEND_LINE / 2;
    for row in rows {
        for (x, name, index) in row {
            let style = colour(*index);
            if lines {
                area.draw(&PathElement::new([(*x, y), (x + MARK - 8, y)], style.stroke_width(2)))?;
                area.draw(&Marker { at: (x + (MARK - 8) / 2, y), category: *index })?;
            } else {
                area.draw(&Rectangle::new([(x + 6, y - 5), (x + MARK - 10, y + 5)], style.filled()))?;
            }
            let beside = text(FONT_SIZE).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new((*name).to_owned(), (x + MARK - 4, y), beside))?;
        }
        y += LEGEND_LINE;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_its_lines_their_names_and_how_sure_they_are() {
        let point = |load, mean| (load, Mean { mean, stderr: Some(2.0) });
        let line = |name: &str, category| Line {
            name: name.to_owned(),
            category,
            points: vec![point(0.0, 20.0), point(10.0, 30.0)],
        };
        let chart = Chart {
            id: "latency".to_owned(),
            title: "Latency <1>".to_owned(),
            of: "ms",
            shape: Shape::Lines(vec![line("ours", 0), line("theirs & others", 1)]),
        };
        let found = svg(&chart).expect("is drawn");
        assert!(found.starts_with("<svg class=\"chart\"") && found.trim_end().ends_with("</svg>"));
        for (line, colour) in ["#2B7BC9", "#C65A12"].into_iter().enumerate() {
            let drawn = |what: &str| found.lines().filter(|it| it.starts_with(what) && it.contains(colour)).count();
            assert!(drawn("<polyline") >= 2, "line {line}, in the plane and in the legend");
        }
        for expected in ["Latency &lt;1&gt;, ms", "theirs &amp; others", "#2B7BC9", "#C65A12", "messages a second"] {
            assert!(found.contains(expected), "{expected}\n{found}");
        }
    }
}
