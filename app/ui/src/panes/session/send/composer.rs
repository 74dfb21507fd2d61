//! What the box would send, composed when it changes and not in each frame: a long text takes milliseconds.

use std::rc::Rc;

use espalier_core::send::{self, SendError, SendSpec};
use espalier_core::view::EncodingName;

/// What would be sent, or what is wrong with it.
pub(super) type Composed = Result<Vec<u8>, SendError>;

/// Remembers the last composition and what it was made of.
#[derive(Debug, Default)]
pub(super) struct Composer {
    last: Option<Composition>,
}

#[derive(Debug)]
struct Composition {
    spec: SendSpec,
    text: String,
    encoding: EncodingName,
    composed: Rc<Composed>,
}

impl Composer {
    /// The bytes of this text, sent as `spec` says in this encoding.
    pub(super) fn compose(
        &mut self,
        spec: &SendSpec,
        text: &str,
        encoding: &EncodingName,
    ) -> Rc<Composed> {
        let is_of =
            |it: &&Composition| it.text == text && it.spec == *spec && it.encoding == *encoding;
        if let Some(last) = self.last.as_ref().filter(is_of) {
            return Rc::clone(&last.composed);
        }
        let composed = Rc::new(send::compose(spec, text, encoding));
        self.last = Some(Composition {
            spec: spec.clone(),
            text: text.to_owned(),
            encoding: encoding.clone(),
            composed: Rc::clone(&composed),
        });
        composed
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::send::SendFormat;

    use super::*;

    #[test]
    fn it_composes_anew_when_text_form_or_encoding_changes_and_only_then() {
        let mut composer = Composer::default();
        let text = SendSpec { escapes: false, ..SendSpec::default() };
        let hex = SendSpec { format: SendFormat::Hex, ..SendSpec::default() };
        let utf8 = EncodingName::default();
        let gbk = EncodingName("GBK".to_owned());
        let first = composer.compose(&text, "板", &utf8);
        assert_eq!(first.as_ref().as_ref().unwrap(), "板".as_bytes());
        assert!(Rc::ptr_eq(&first, &composer.compose(&text, "板", &utf8)));
        assert_eq!(composer.compose(&text, "板", &gbk).as_ref().as_ref().unwrap(), b"\xb0\xe5");
        assert!(composer.compose(&hex, "板", &utf8).is_err());
        assert_eq!(composer.compose(&hex, "0a", &utf8).as_ref().as_ref().unwrap(), b"\n");
    }
}
