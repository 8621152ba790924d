//! Notation as MathML Core.

use super::Notation;

/// A formula of its own.
pub(super) fn text(notation: &Notation) -> String {
    format!(r#"<math display="block">{}</math>"#, element(notation))
}

/// A formula in a line of text.
pub(super) fn inline(notation: &Notation) -> String {
    format!("<math>{}</math>", element(notation))
}

fn element(notation: &Notation) -> String {
    match notation {
        Notation::Letter(own) => format!("<mi>{}</mi>", escaped(own)),
        Notation::Word(own) if own == "E" => "<mi>𝔼</mi>".to_owned(),
        Notation::Word(own) => format!("<mtext>{}</mtext>", escaped(own)),
        Notation::Number(own) => format!("<mn>{}</mn>", escaped(own)),
        Notation::Sign(own) => format!("<mo>{}</mo>", escaped(own)),
        Notation::Row(all) => format!("<mrow>{}</mrow>", all.iter().map(element).collect::<String>()),
        Notation::Fraction(a, b) => format!("<mfrac>{}{}</mfrac>", element(a), element(b)),
        Notation::Root(a) => format!("<msqrt>{}</msqrt>", element(a)),
        Notation::Script(base, below, above) => {
            let base = element(base);
            match (below, above) {
                (Some(below), Some(above)) => {
                    format!("<msubsup>{base}{}{}</msubsup>", element(below), element(above))
                }
                (Some(below), None) => format!("<msub>{base}{}</msub>", element(below)),
                (None, Some(above)) => format!("<msup>{base}{}</msup>", element(above)),
                (None, None) => base,
            }
        }
        Notation::Large(sign, under) => {
            format!("<munder><mo movablelimits=\"false\">{}</mo>{}</munder>", escaped(sign), element(under))
        }
        Notation::Fenced(open, inside, close) => {
            let sign = |sign: &str| format!(r#"<mo fence="true" stretchy="{}">{sign}</mo>"#, is_tall(inside));
            format!("<mrow>{}{}{}</mrow>", sign(open), element(inside), sign(close))
        }
        Notation::Hat(own) => format!(r#"<mover accent="true"><mi>{}</mi><mo>^</mo></mover>"#, escaped(own)),
        Notation::Cases(all) => {
            let row = |(value, condition): &(Notation, Option<Notation>)| {
                let when = match condition {
                    Some(condition) => format!("<mtext>if </mtext>{}", element(condition)),
                    None => "<mtext>else</mtext>".to_owned(),
                };
                format!("<mtr><mtd>{}</mtd><mtd>{when}</mtd></mtr>", element(value))
            };
            let rows: String = all.iter().map(row).collect();
            format!(r#"<mrow><mo stretchy="true">{{</mo><mtable columnalign="left">{rows}</mtable></mrow>"#)
        }
    }
}

/// Whether signs around it must grow: what has letters and numbers in one line does not need that.
fn is_tall(notation: &Notation) -> bool {
    match notation {
        Notation::Fraction(..) | Notation::Large(..) | Notation::Cases(_) => true,
        Notation::Row(all) => all.iter().any(is_tall),
        Notation::Root(inside) | Notation::Fenced(_, inside, _) | Notation::Script(inside, ..) => is_tall(inside),
        Notation::Letter(_) | Notation::Word(_) | Notation::Number(_) | Notation::Sign(_) | Notation::Hat(_) => false,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
