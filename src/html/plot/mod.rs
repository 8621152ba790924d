//! Plots as inline SVG. Colours and fonts are the style sheet's, so that a plot follows the reader's theme.

mod floors;
mod histogram;
mod lines;
mod scale;
mod shares;

use std::fmt::Write;

pub(super) use floors::{Floor, floors};
pub(super) use histogram::histogram;
pub(super) use lines::{Lines, Series, Shape};
pub(super) use scale::Scale;
pub(super) use shares::{Share, shares};

/// What a plot says to those who do not see it, and its name on the page.
pub(super) struct Words<'a> {
    /// Unique on the page.
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
}

/// An SVG that grows with the page.
struct Canvas {
    out: String,
}

impl Canvas {
    fn new(words: &Words<'_>, width: f64, height: f64) -> Self {
        let Words { id, title, description } = words;
        let (id, title, description) = (escaped(id), escaped(title), escaped(description));
        let out = format!(
            "<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>"
        );
        Canvas { out }
    }

    /// Adds an element.
    fn add(&mut self, element: &std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(*element);
    }

    fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(&format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A text whose anchor is `start`, `middle` or `end`.
    fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: &str, text: &str) {
        let text = escaped(text);
        self.add(&format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2], title: &str) {
        let title = escaped(title);
        self.add(&format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
             <title>{title}</title></rect>"
        ));
    }

    fn finish(mut self) -> String {
        self.out += "</svg>";
        self.out
    }
}

/// For text and attributes of SVG.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}

/// A number of a plot in at most four digits.
pub(super) fn short(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let decimals = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{x:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        let text = format!("{x:.1e}");
        text.replace(".0e", "e")
    }
}

#[cfg(test)]
mod tests;
