//! The lines of a step: what each writes, and what it writes there.

use std::ops::Range;

use toml::Spanned;

use super::{Loaded, Loader};
use crate::method::language::check::Position;
use crate::method::language::tree::{Line, Number, Quantity, Shape, Value};
use crate::statement::parse::parse;

/// Most lines of a step, and most quantities.
const MOST_LINES: usize = 200;

/// `name` or `name[i]`, as written left of `=`.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) worker: Option<String>,
}

impl Loader<'_> {
    /// What the lines write, and where the expression of each begins.
    pub(super) fn targets(&self) -> Loaded<Vec<(Target, usize)>> {
        let lines = &self.raw.step.lines;
        if lines.is_empty() || lines.len() > MOST_LINES {
            let message = format!("a step has between 1 and {MOST_LINES} lines");
            return Err(self.file.error(lines.first().map(Spanned::span), message, None));
        }
        lines
            .iter()
            .map(|line| {
                let text = line.get_ref();
                let Some(equals) = text.find('=') else {
                    return self.error(line.span(), "a line is `name = expression`", None);
                };
                Ok((self.target(&text[..equals], line.span())?, equals + 1))
            })
            .collect()
    }

    pub(super) fn target(&self, text: &str, place: Range<usize>) -> Loaded<Target> {
        let name = |text: &str| text.trim().to_owned();
        match text.trim().split_once('[') {
            None => Ok(Target { name: name(text), worker: None }),
            Some((own, rest)) => match rest.strip_suffix(']') {
                Some(worker) if !worker.contains([',', '[']) => {
                    Ok(Target { name: name(own), worker: Some(name(worker)) })
                }
                _ => self.error(place, "a line writes `name` or `name[i]`", None),
            },
        }
    }

    pub(super) fn lines(&mut self, targets: &[(Target, usize)]) -> Loaded<Vec<Line>> {
        let mut lines = Vec::new();
        for ((target, offset), text) in targets.iter().zip(&self.raw.step.lines) {
            let body = &text.get_ref()[*offset..];
            let expr = parse(body).map_err(|err| {
                let span = err.span.start + offset..err.span.end + offset;
                self.file.error(Some(self.file.within(text, &span)), err.message, None)
            })?;
            let mut checker = self.checker(Position::Line);
            if let Some(worker) = &target.worker {
                let bound = checker.bind(worker, &(0..0));
                self.placed(text, 0, bound)?;
            }
            let value = checker.value(&expr);
            let (calls, draws, repeats, samples) = (checker.calls, checker.draws, checker.repeats, checker.samples);
            let value = self.placed(text, *offset, value)?;
            if samples && !(target.worker.is_some() && matches!(value, Value::Number(Number::Sampled(_)))) {
                let message = "workers are sampled in a line of every worker, and it has nothing else";
                return self.error(
                    text.span(),
                    message,
                    Some("write c[i] = sample_workers(1): 1 for a drawn worker, else 0"),
                );
            }
            if calls > 1 {
                let help = Some("give each call a line of its own: its error is called after it");
                return self.error(text.span(), "a line calls one estimate", help);
            }
            let quantity = self.written(target, &value, text)?;
            if draws {
                self.names.drawn.push(quantity);
            }
            self.repeated.extend(repeats.filter(|line| !self.repeated.contains(line)));
            lines.push(Line { quantity, value });
        }
        Ok(lines)
    }

    /// The quantity that a line writes, declared where it is new.
    fn written(&mut self, target: &Target, value: &Value, text: &Spanned<String>) -> Loaded<usize> {
        let shape = if matches!(value, Value::Number(_)) { Shape::Number } else { Shape::Vector };
        let by_worker = target.worker.is_some();
        let Some(known) = self.names.quantities.iter().position(|quantity| quantity.name == target.name) else {
            self.refuse_taken(&target.name, text.span())?;
            self.names.quantities.push(Quantity { name: target.name.clone(), shape, by_worker, first: None });
            return Ok(self.names.quantities.len() - 1);
        };
        let quantity = &self.names.quantities[known];
        if (quantity.shape, quantity.by_worker) != (shape, by_worker) {
            let what = |shape, by_worker| match (shape, by_worker) {
                (Shape::Number, false) => "a number",
                (Shape::Number, true) => "a number of each worker",
                (Shape::Vector, false) => "a vector",
                (Shape::Vector, true) => "a vector of each worker",
            };
            let (was, is) = (what(quantity.shape, quantity.by_worker), what(shape, by_worker));
            return self.error(text.span(), format!("`{}` is {was}, and {is} is written to it", target.name), None);
        }
        Ok(known)
    }
}
