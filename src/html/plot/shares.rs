//! Parts of a whole, a row for each thing.

use super::{Canvas, Words};

/// One row: what it is about, and how many of each kind there are, with the kind's class.
pub(in crate::html) struct Share {
    pub name: String,
    pub counts: Vec<(&'static str, usize)>,
    /// What stands behind the bar.
    pub note: String,
}

const WIDTH: f64 = 760.0;
const ROW: f64 = 20.0;
const NAMES: f64 = 300.0;
const NOTES: f64 = 220.0;
/// Characters of a name that have room.
const LONGEST: usize = 46;

/// Stacked bars, all in one measure.
pub(in crate::html) fn shares(words: &Words<'_>, rows: &[Share]) -> String {
    let total = |row: &Share| row.counts.iter().map(|(_, count)| count).sum::<usize>();
    let most = rows.iter().map(total).max().unwrap_or(0).max(1) as f64;
    let mut canvas = Canvas::new(words, WIDTH, ROW * rows.len() as f64 + 6.0);
    let room = WIDTH - NAMES - NOTES;
    for (number, row) in rows.iter().enumerate() {
        let y = 4.0 + ROW * number as f64;
        let name: String = match row.name.chars().count() {
            count if count > LONGEST => row.name.chars().take(LONGEST - 1).chain(['…']).collect(),
            _ => row.name.clone(),
        };
        canvas.text("mark", [NAMES - 8.0, y + 11.0], "end", &name);
        let mut x = NAMES;
        for (class, count) in row.counts.iter().filter(|(_, count)| *count > 0) {
            let width = *count as f64 / most * room;
            canvas.rect(&format!("part {class}"), [x, y], [width, ROW - 6.0], &format!("{count} {class}"));
            x += width;
        }
        canvas.text("mark", [x + 8.0, y + 11.0], "start", &row.note);
    }
    canvas.finish()
}
