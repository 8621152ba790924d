//! Numbers with their limits, a row each, on one logarithmic axis.

use super::{Canvas, Scale, Words, short};

/// One row: a number with limits, and bounds that are known of it.
pub(in crate::html) struct Floor {
    pub name: String,
    pub value: Option<f64>,
    pub limits: [Option<f64>; 2],
    /// Bounds of theory, each with the statement that it is from.
    pub bounds: Vec<(String, f64)>,
}

const WIDTH: f64 = 760.0;
const ROW: f64 = 22.0;
const NAMES: f64 = 230.0;
const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 20.0;

/// A dot with its limits in each row, and a dash for each bound.
pub(in crate::html) fn floors(words: &Words<'_>, rows: &[Floor]) -> String {
    let of_row = |row: &Floor| -> Vec<f64> {
        let limits = row.limits.into_iter().flatten().chain(row.value);
        limits.chain(row.bounds.iter().map(|(_, bound)| *bound)).filter(|x| *x > 0.0).collect()
    };
    let numbers: Vec<f64> = rows.iter().flat_map(of_row).collect();
    let scale = Scale::over(numbers.iter().copied(), true);
    let at = |x: f64| NAMES + scale.share(x) * (WIDTH - NAMES - RIGHT);
    let height = ROW * rows.len() as f64 + BOTTOM;
    let mut canvas = Canvas::new(words, WIDTH, height);
    for (share, text) in scale.marks() {
        let x = NAMES + share * (WIDTH - NAMES - RIGHT);
        canvas.line("grid", [x, 0.0], [x, height - BOTTOM]);
        canvas.text("mark", [x, height - 6.0], "middle", &text);
    }
    for (number, row) in rows.iter().enumerate() {
        let y = ROW * (number as f64 + 0.5);
        canvas.text("mark", [NAMES - 8.0, y + 3.5], "end", &row.name);
        let [low, high] = row.limits.map(|limit| limit.or(row.value));
        if let (Some(low), Some(high)) = (low, high) {
            canvas.line("whisker", [at(low), y], [at(high), y]);
        }
        if let Some(value) = row.value {
            canvas.add(&format_args!(
                "<circle class=\"measured\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3.5\"><title>{}</title></circle>",
                at(value),
                short(value)
            ));
        }
        for (statement, bound) in &row.bounds {
            let (x, statement) = (at(*bound), super::escaped(statement));
            canvas.add(&format_args!(
                "<line class=\"bound\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"><title>{statement}: {}</title></line>",
                y - 7.0,
                y + 7.0,
                short(*bound)
            ));
        }
    }
    canvas.finish()
}
