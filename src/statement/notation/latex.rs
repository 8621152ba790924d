//! Notation as LaTeX.

use super::Notation;

/// Signs by their commands; all others stand for themselves.
const COMMANDS: [(&str, &str); 17] = [
    ("−", "-"),
    ("·", r"\cdot "),
    ("\u{2062}", r"\,"),
    ("≤", r"\le "),
    ("≥", r"\ge "),
    ("∣", r"\mid "),
    ("∇", r"\nabla "),
    ("‖", r"\Vert "),
    ("⟨", r"\langle "),
    ("⟩", r"\rangle "),
    ("|", r"\vert "),
    ("∑", r"\sum"),
    ("*", r"\star "),
    ("min", r"\min"),
    ("max", r"\max"),
    ("mean", r"\operatorname*{mean}"),
    (",", ", "),
];

/// Greek letters by their commands.
const LETTERS: [(&str, &str); 20] = [
    ("α", r"\alpha "),
    ("β", r"\beta "),
    ("γ", r"\gamma "),
    ("δ", r"\delta "),
    ("ε", r"\varepsilon "),
    ("ζ", r"\zeta "),
    ("η", r"\eta "),
    ("θ", r"\theta "),
    ("κ", r"\kappa "),
    ("λ", r"\lambda "),
    ("μ", r"\mu "),
    ("ν", r"\nu "),
    ("ξ", r"\xi "),
    ("ρ", r"\rho "),
    ("σ", r"\sigma "),
    ("τ", r"\tau "),
    ("ω", r"\omega "),
    ("φ", r"\varphi "),
    ("Ψ", r"\Psi "),
    ("Φ", r"\Phi "),
];

/// The text, for math mode.
pub(super) fn text(notation: &Notation) -> String {
    match notation {
        Notation::Letter(own) => letter(own),
        Notation::Word(own) if own == "E" => r"\mathbb{E}".to_owned(),
        Notation::Word(own) => format!(r"\text{{{}}}", own.replace('_', r"\_")),
        Notation::Number(own) => own.clone(),
        Notation::Sign(own) => command(own),
        Notation::Row(all) => all.iter().map(text).collect(),
        Notation::Fraction(a, b) => format!(r"\frac{{{}}}{{{}}}", text(a), text(b)),
        Notation::Root(a) => format!(r"\sqrt{{{}}}", text(a)),
        Notation::Script(base, below, above) => {
            let part = |mark: &str, own: &Option<Box<Notation>>| {
                own.as_ref().map_or_else(String::new, |own| format!("{mark}{{{}}}", text(own).trim()))
            };
            format!("{{{}}}{}{}", text(base).trim(), part("_", below), part("^", above))
        }
        Notation::Large(sign, under) => format!("{}_{{{}}} ", command(sign), text(under).trim()),
        Notation::Fenced(open, inside, close) => {
            format!(r"\left{}{}\right{}", command(open), text(inside).trim(), command(close).trim())
        }
        Notation::Hat(own) => format!(r"\hat{{{}}}", letter(own).trim()),
        Notation::Cases(all) => {
            let line = |(value, condition): &(Notation, Option<Notation>)| match condition {
                Some(condition) => format!(r"{} & \text{{if }} {}", text(value), text(condition)),
                None => format!(r"{} & \text{{else}}", text(value)),
            };
            let lines: Vec<String> = all.iter().map(line).collect();
            format!(r"\begin{{cases}} {} \end{{cases}}", lines.join(r" \\ "))
        }
    }
}

fn command(sign: &str) -> String {
    COMMANDS.iter().find(|(own, _)| *own == sign).map_or_else(|| sign.to_owned(), |(_, command)| (*command).to_owned())
}

fn letter(own: &str) -> String {
    LETTERS
        .iter()
        .find(|(letter, _)| *letter == own)
        .map_or_else(|| own.to_owned(), |(_, command)| (*command).to_owned())
}
