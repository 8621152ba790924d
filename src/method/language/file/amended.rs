//! A method as a statement changes it.

use toml::Spanned;

use super::Loaded;
use super::raw::Texts;
use crate::method::language::check::{Checker, Names, Position};
use crate::method::language::tree::Method;
use crate::statement::file::File;
use crate::statement::parse::parse;

/// The method with other schedules, and with parameters that have an exact value in place of a range: both stand
/// in the file of a statement.
pub(crate) fn amended(base: &Method, file: &File, schedules: &Texts, bind: &Texts) -> Loaded<Method> {
    let mut method = base.clone();
    let names = Names {
        parameters: base.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
        constants: base.constants.iter().map(|(name, _)| name.clone()).collect(),
        ..Names::default()
    };
    let checked = |names: &Names, place: Position, value: &Spanned<String>| {
        let expr = parse(value.get_ref()).map_err(|err| file.syntax(value, err))?;
        let number = Checker::new(names, place).number(&expr);
        number.map_err(|err| file.error(Some(file.within(value, &err.span)), err.message, err.help))
    };
    for (name, value) in bind {
        let Some(position) = base.parameter(name.get_ref()) else {
            let message = format!("the method `{}` has no parameter `{}`", base.id, name.get_ref());
            return Err(file.error(Some(name.span()), message, None));
        };
        // What is bound follows from what is not, and the method's constants from that.
        let mut free = Names { constants: Vec::new(), ..names.clone() };
        free.parameters[position] = String::new();
        method.bound.push((position, checked(&free, Position::Constant, value)?));
    }
    for (name, value) in schedules {
        let own = method.schedules.iter().position(|(own, _)| own == name.get_ref());
        let Some(position) = own else {
            let help = "a statement replaces schedules that the method has".to_owned();
            let message = format!("the method `{}` has no schedule `{}`", base.id, name.get_ref());
            return Err(file.error(Some(name.span()), message, Some(help)));
        };
        method.schedules[position].1 = checked(&names, Position::Schedule, value)?;
    }
    Ok(method)
}
