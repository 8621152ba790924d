//! Reading a method file: TOML in, checked [`Method`] out, every mistake at its place.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::check::{Checked, Checker, Names, Position, is_reserved};
use super::tree::{Method, State};
use crate::statement::StatementError;
use crate::statement::file::File;
use crate::statement::parse::parse;
use crate::statement::syntax::Expr;

mod amended;
mod declarations;
mod derived;
mod lines;
mod raw;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use amended::amended;
pub(crate) use raw::RawMethod;

type Loaded<T> = Result<T, Box<StatementError>>;

/// What a file lacks that lacks something.
const NEEDED: &str = "a method needs id, title, source and [step] with its lines; `lemmata show momentum` prints one";
/// What the start is called that the states' own rules make, where the file does not say.
const OWN_START: &str = "own";

/// Checks the method in `text`; `name` is what errors call the file.
///
/// # Errors
/// When it is not TOML, or is no method; the error points at the place.
pub fn load_text(name: &str, text: &str) -> Result<Method, Box<StatementError>> {
    let file = File { name: name.to_owned(), text: Arc::new(text.to_owned()) };
    file.refuse_control_characters()?;
    let raw: RawMethod = toml::from_str(text).map_err(|err| {
        let message = err.message().trim_end().to_owned();
        file.error(err.span(), message.clone(), message.contains("missing field").then(|| NEEDED.to_owned()))
    })?;
    for (missing, field) in [(&raw.id, "id"), (&raw.title, "title"), (&raw.source, "source")] {
        if missing.is_none() {
            return Err(file.error(None, format!("missing field `{field}`"), Some(NEEDED.to_owned())));
        }
    }
    Loader { file: &file, raw: &raw, names: Names::default(), repeated: Vec::new() }.load()
}

/// Checks a method that stands in another file, and needs no name there.
pub(crate) fn load_within(file: &File, raw: &RawMethod) -> Loaded<Method> {
    Loader { file, raw, names: Names::default(), repeated: Vec::new() }.load()
}

struct Loader<'a> {
    file: &'a File,
    raw: &'a RawMethod,
    names: Names,
    /// Quantities whose line's draw another line repeats.
    repeated: Vec<usize>,
}

impl<'a> Loader<'a> {
    fn load(mut self) -> Loaded<Method> {
        let raw = self.raw;
        for text in [&raw.id, &raw.title, &raw.source].into_iter().flatten() {
            self.file.refuse_line_breaks(text)?;
        }
        let text_of = |text: &Option<Spanned<String>>, other: &str| {
            text.as_ref().map_or_else(|| other.to_owned(), |text| text.get_ref().clone())
        };
        let parameters = self.parameters()?;
        let constants = self.numbers(&raw.constants, Position::Constant)?;
        let schedules = self.numbers(&raw.schedules, Position::Schedule)?;
        let operators = self.operators()?;
        let targets = self.targets()?;
        let states = self.states(&targets)?;
        let lines = self.lines(&targets)?;
        let states: Vec<State> = states
            .into_iter()
            .map(|(quantity, text)| Ok(State { quantity, rule: self.rule(quantity, text, &lines)? }))
            .collect::<Loaded<_>>()?;
        for (state, text) in states.iter().zip(raw.state.values()) {
            self.refuse_early_reads(state, &states, &text.start)?;
        }
        let starts = self.starts(&lines, &states)?;
        Ok(Method {
            id: text_of(&raw.id, "own"),
            title: text_of(&raw.title, "The method of the statement"),
            source: text_of(&raw.source, "the statement's own file"),
            bound: Vec::new(),
            parameters,
            constants,
            schedules,
            operators,
            quantities: self.names.quantities.clone(),
            states,
            own_start: raw.start.as_ref().map_or_else(|| OWN_START.to_owned(), |name| name.get_ref().clone()),
            starts,
            lines,
            derived: self.derived()?,
            repeated: self.repeated,
        })
    }

    fn error<T>(&self, place: Range<usize>, message: impl Into<String>, help: Option<&str>) -> Loaded<T> {
        Err(self.file.error(Some(place), message, help.map(str::to_owned)))
    }

    /// A new name, which must mean nothing yet.
    fn refuse_taken(&self, name: &str, place: Range<usize>) -> Loaded<()> {
        let letters = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !letters || !name.starts_with(|c: char| c.is_alphabetic()) {
            return self.error(place, format!("`{name}` is no name"), Some("a name has letters, digits and _"));
        }
        if is_reserved(name) || self.names.declares(name) {
            return self.error(place, format!("`{name}` has a meaning already"), Some("choose another name"));
        }
        Ok(())
    }

    fn expression(&self, value: &Spanned<String>) -> Loaded<Expr> {
        parse(value.get_ref()).map_err(|err| self.file.syntax(value, err))
    }

    fn checker(&self, place: Position) -> Checker<'_> {
        Checker::new(&self.names, place)
    }

    /// Shows a mistake of a checked expression that begins at `offset` within the text.
    fn placed<T>(&self, value: &Spanned<String>, offset: usize, checked: Checked<T>) -> Loaded<T> {
        checked.map_err(|err| {
            let span = err.span.start + offset..err.span.end + offset;
            self.file.error(Some(self.file.within(value, &span)), err.message, err.help)
        })
    }
}
