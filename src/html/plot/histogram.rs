//! How often ratios occur, with a line at 1.

use super::{Canvas, Scale, Words, short};

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 18.0;
const BINS: usize = 40;
/// Ratios beyond this one are counted in the last bin.
const MOST: f64 = 2.0;

/// Bars of how many of the ratios lie where between 0 and 1, or a little beyond where some do.
pub(in crate::html) fn histogram(words: &Words<'_>, ratios: &[f64]) -> String {
    let largest = ratios.iter().copied().fold(1.0, f64::max).min(MOST);
    let mut counts = [0usize; BINS];
    for ratio in ratios {
        let bin = (ratio.clamp(0.0, largest) / largest * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut canvas = Canvas::new(words, WIDTH, HEIGHT);
    let (wide, high) = (WIDTH - 2.0 * LEFT, HEIGHT - TOP - BOTTOM);
    let width = wide / BINS as f64;
    for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = bin as f64 / BINS as f64 * largest;
        let class = if from >= 1.0 { "bar beyond" } else { "bar" };
        // A single one is still seen.
        let height = (*count as f64 / most * high).max(1.5);
        let place = [LEFT + bin as f64 * width + 0.5, TOP + high - height];
        let to = from + largest / BINS as f64;
        canvas.rect(class, place, [width - 1.0, height], &format!("{count} from {} to {}", short(from), short(to)));
    }
    let scale = Scale::between(0.0, largest);
    let at = |x: f64| LEFT + scale.share(x) * wide;
    canvas.line("grid", [LEFT, TOP + high], [LEFT + wide, TOP + high]);
    canvas.line("limit", [at(1.0), TOP - 6.0], [at(1.0), TOP + high]);
    for x in [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0].into_iter().filter(|x| *x <= largest) {
        canvas.text("mark", [at(x), HEIGHT - 5.0], "middle", &short(x));
    }
    canvas.finish()
}
