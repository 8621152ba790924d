//! Tables that fit the terminal without a broken word.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};
use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

/// A rule below the header, nothing else.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Columns of characters where the output is no terminal.
const WIDTH: usize = 80;

/// Columns of characters below which no terminal is taken seriously.
const LEAST_WIDTH: usize = 40;

/// Columns between two cells, and before the first.
const GAP: usize = 2;

/// Joins two words that belong together on one line; printed as a space.
pub(super) const JOINT: char = '\u{a0}';

/// An empty table with that header, as all of the program's tables look; see [`fitted`].
#[must_use]
pub fn headed(header: &[&str], arrangement: ContentArrangement) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(arrangement).set_header(header);
    table
}

/// The table as text that fits the terminal, or 80 columns where there is none. Cells are broken into lines
/// between words; where that is not enough, the droppable columns are left out in that order; where not
/// even that helps, each row is written as lines of `column: value`.
#[must_use]
pub fn fitted(table: &Table, droppable: &[usize]) -> String {
    let contents = |row: &Row| row.cell_iter().map(Cell::content).collect::<Vec<String>>();
    let rows: Vec<Vec<String>> = table.header().into_iter().chain(table.row_iter()).map(contents).collect();
    fitted_to(&rows, droppable, width())
}

/// Columns of the terminal, or as many as anything can show.
#[must_use]
pub fn width() -> usize {
    Table::new().width().map_or(WIDTH, usize::from).max(LEAST_WIDTH)
}

/// The text in lines of at most that many columns, the later ones indented.
#[must_use]
pub fn wrapped(text: &str, width: usize, indent: &str) -> String {
    textwrap::wrap(text, options(width).subsequent_indent(indent)).join("\n")
}

/// Words are what stands between spaces, and they are never broken.
fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// The rows, the header first, within a width.
fn fitted_to(rows: &[Vec<String>], droppable: &[usize], width: usize) -> String {
    let mut kept: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).collect();
    let mut droppable = droppable.iter();
    loop {
        if let Some(widths) = widths(rows, &kept, width) {
            return drawn(rows, &kept, &widths).replace(JOINT, " ");
        }
        match droppable.next() {
            Some(column) => kept.retain(|other| other != column),
            None => return stacked(rows, width).replace(JOINT, " "),
        }
    }
}

/// Widths of the kept columns whose sum fits, where there are any.
fn widths(rows: &[Vec<String>], kept: &[usize], width: usize) -> Option<Vec<usize>> {
    let widest = |column: usize, size: fn(&str) -> usize| rows.iter().map(|row| size(&row[column])).max().unwrap_or(0);
    let natural: Vec<usize> = kept.iter().map(|column| widest(*column, display_width)).collect();
    let mut widths: Vec<usize> = kept.iter().map(|column| widest(*column, longest_word)).collect();
    let gaps = GAP * kept.len() - 1;
    let mut left = width.checked_sub(widths.iter().sum::<usize>() + gaps)?;
    // Each column of characters goes where the most lines are.
    while left > 0 {
        let wanting = (0..widths.len()).filter(|i| widths[*i] < natural[*i]);
        let lines = |i: &usize| (natural[*i] as f64 / widths[*i].max(1) as f64, usize::MAX - *i);
        let Some(next) = wanting.max_by(|a, b| lines(a).partial_cmp(&lines(b)).unwrap_or(std::cmp::Ordering::Equal))
        else {
            break;
        };
        widths[next] += 1;
        left -= 1;
    }
    Some(widths)
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(display_width).max().unwrap_or(0)
}

fn drawn(rows: &[Vec<String>], kept: &[usize], widths: &[usize]) -> String {
    let mut table = headed(&[], ContentArrangement::Disabled);
    for (number, row) in rows.iter().enumerate() {
        let cells = kept.iter().zip(widths).map(|(column, width)| textwrap::fill(&row[*column], options(*width)));
        let cells: Vec<String> = cells.collect();
        if number == 0 {
            table.set_header(cells);
        } else {
            table.add_row(cells);
        }
    }
    for (position, column) in kept.iter().enumerate() {
        if let Some(drawn) = table.column_mut(position) {
            drawn.set_padding((1, 0));
            if rows[1..].iter().all(|row| is_numeric(&row[*column])) {
                drawn.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table.trim_fmt()
}

/// Whether a cell belongs in a column of numbers: one itself, or the dash that stands for none.
fn is_numeric(cell: &str) -> bool {
    cell == "–" || cell.parse::<f64>().is_ok()
}

/// One block of lines a row: its first cell, then the others by name.
fn stacked(rows: &[Vec<String>], width: usize) -> String {
    let Some((header, rows)) = rows.split_first() else { return String::new() };
    let block = |row: &Vec<String>| {
        let named = header.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
        let lines = named.map(|(name, cell)| wrapped(&format!("  {name}: {cell}"), width, "    "));
        row.first().cloned().into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        vec![
            row(["statement", "what decided", "families", "worst lhs/rhs"]),
            row(["theorem1-nonconvex-variance", "ball 34, enumeration 14, interval 6", "13", "1.000000"]),
            row(["averaging", "ball 40", "11", "0.98"]),
        ]
    }

    fn words(text: &str) -> Vec<&str> {
        let mut words: Vec<&str> = text.split_whitespace().filter(|word| !word.starts_with('─')).collect();
        words.sort_unstable();
        words
    }

    #[test]
    fn a_table_fits_every_width_and_breaks_no_word() {
        let all: Vec<Vec<String>> = rows();
        let known: Vec<String> = all.iter().flatten().flat_map(|cell| cell.split(' ')).map(str::to_owned).collect();
        for width in 28..120 {
            let text = fitted_to(&all, &[2, 3], width);
            let widest = text.lines().map(display_width).max().unwrap_or(0);
            assert!(widest <= width, "{width}: {text}");
            for word in words(&text) {
                let word = word.trim_end_matches(':');
                assert!(known.iter().any(|whole| whole == word), "{width}: {word} in {text}");
            }
        }
    }

    #[test]
    fn what_fits_is_left_on_one_line_and_numbers_stand_to_the_right() {
        let text = fitted_to(&rows(), &[], 120);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.lines().nth(3).is_some_and(|line| line.ends_with("  11           0.98")), "{text}");
    }

    #[test]
    fn columns_are_dropped_before_rows_are_stacked() {
        let narrow = fitted_to(&rows(), &[2, 3], 52);
        assert!(!narrow.contains("families") && narrow.contains("what"), "{narrow}");
        let stacked = fitted_to(&rows(), &[2, 3], 30);
        assert!(stacked.contains("\n  worst lhs/rhs: 1.000000"), "{stacked}");
    }

    #[test]
    fn joined_words_stay_on_one_line() {
        let row = |text: &str| vec![text.replace('_', "\u{a0}")];
        let text = fitted_to(&[row("e"), row("ball_40, interval_26")], &[], 13);
        assert!(text.contains("interval 26") && text.lines().count() == 4, "{text}");
    }
}
