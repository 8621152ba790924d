//! Curves and marks over an axis.

use std::fmt::Write;

use super::{Canvas, Scale, Words};

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::html) enum Shape {
    /// A curve.
    Curve,
    /// A mark at each point.
    Marks,
}

/// Points with the word that is written at them.
pub(in crate::html) struct Series {
    pub label: &'static str,
    /// Its class in the style sheet: `bound` or `measured`.
    pub class: &'static str,
    pub shape: Shape,
    pub points: Vec<[f64; 2]>,
    /// Half the height of the band around each point, where there is one.
    pub band: Vec<f64>,
}

/// Series with one horizontal and one vertical axis.
pub(in crate::html) struct Lines<'a> {
    pub words: Words<'a>,
    pub across: &'a str,
    pub series: Vec<Series>,
}

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;
/// Where along a curve its label stands.
const LABELLED: f64 = 0.4;

struct Axes {
    across: Scale,
    up: Scale,
}

impl Axes {
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            LEFT + self.across.share(x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - self.up.share(y) * (HEIGHT - TOP - BOTTOM),
        ]
    }
}

impl Lines<'_> {
    pub fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        // Zero has no place on a logarithmic axis: what is zero lies at its beginning.
        let positive = points().filter(|[_, y]| *y != 0.0);
        let axes = Axes {
            across: Scale::over(points().map(|[x, _]| *x), true),
            up: Scale::over(positive.map(|[_, y]| *y), true).with_zero(),
        };
        let mut canvas = Canvas::new(&self.words, WIDTH, HEIGHT);
        for (share, text) in axes.up.marks() {
            let y = HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
            canvas.line("grid", [LEFT, y], [WIDTH - RIGHT, y]);
            canvas.text("mark", [LEFT - 5.0, y + 3.0], "end", &text);
        }
        for (share, text) in axes.across.marks() {
            let x = LEFT + share * (WIDTH - LEFT - RIGHT);
            canvas.text("mark", [x, HEIGHT - BOTTOM + 13.0], "middle", &text);
        }
        canvas.text("axis", [(LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 5.0], "middle", self.across);
        for series in &self.series {
            draw(&mut canvas, &axes, series);
        }
        self.labels(&mut canvas, &axes);
        canvas.finish()
    }

    /// The words at the curves: the upper one above its curve, the lower one below.
    fn labels(&self, canvas: &mut Canvas, axes: &Axes) {
        let height = |series: &Series| {
            let middle = series.points.get((series.points.len() as f64 * LABELLED) as usize)?;
            Some(axes.at(*middle))
        };
        let mut named: Vec<([f64; 2], &Series)> =
            self.series.iter().filter_map(|series| Some((height(series)?, series))).collect();
        named.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
        let last = named.len().saturating_sub(1);
        for (position, ([x, y], series)) in named.into_iter().enumerate() {
            let below = position == last && last > 0;
            let y = if below { (y + 14.0).min(HEIGHT - BOTTOM - 3.0) } else { (y - 7.0).max(TOP + 4.0) };
            canvas.text(&format!("name {}", series.class), [x.min(WIDTH - 70.0), y], "start", series.label);
        }
    }
}

fn draw(canvas: &mut Canvas, axes: &Axes, series: &Series) {
    if series.band.len() == series.points.len() {
        let edge = |sign: f64| {
            series.points.iter().zip(&series.band).map(move |([x, y], half)| axes.at([*x, y + sign * half]))
        };
        let around: Vec<[f64; 2]> = edge(1.0).chain(edge(-1.0).rev()).collect();
        canvas.add(&format_args!("<polygon class=\"band\" points=\"{}\"/>", listed(&around)));
    }
    let places: Vec<[f64; 2]> = series.points.iter().map(|point| axes.at(*point)).collect();
    match (series.shape, places.as_slice()) {
        (Shape::Curve, [_, _, ..]) => {
            canvas.add(&format_args!("<polyline class=\"curve {}\" points=\"{}\"/>", series.class, listed(&places)));
        }
        _ => {
            // Lines of no length with round ends: a dot takes a dozen bytes. A dash is a bound.
            let (back, length) = if series.class == "bound" { (3.0, 6.0) } else { (0.0, 0.0) };
            let mut path = String::new();
            for [x, y] in places {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{:.0} {y:.0}h{length:.0}", x - back);
            }
            canvas.add(&format_args!("<path class=\"marks {}\" d=\"{path}\"/>", series.class));
        }
    }
}

fn listed(places: &[[f64; 2]]) -> String {
    let mut out = String::new();
    for [x, y] in places {
        // Writing to a string cannot fail.
        let _ = write!(out, "{x:.1},{y:.1} ");
    }
    out.truncate(out.trim_end().len());
    out
}
