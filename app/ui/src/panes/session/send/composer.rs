//! What the box would send, composed when it changes and not in each frame: a long text takes milliseconds.

use std::rc::Rc;

use espalier_core::send::{self, OutgoingBytes, SendError, SendSpec};

use crate::panes::session::encodings::TargetEncodings;

/// What would be sent, or what is wrong with it.
pub(super) type Composed = Result<OutgoingBytes, SendError>;

/// Remembers the last composition and what it was made of.
#[derive(Debug, Default)]
pub(super) struct Composer {
    last: Option<Composition>,
}

#[derive(Debug)]
struct Composition {
    spec: SendSpec,
    text: String,
    encodings: TargetEncodings,
    composed: Rc<Composed>,
}

impl Composer {
    /// The bytes of this text, sent as `spec` says in these encodings.
    pub(super) fn compose(
        &mut self,
        spec: &SendSpec,
        text: &str,
        encodings: &TargetEncodings,
    ) -> Rc<Composed> {
        let is_of =
            |it: &&Composition| it.text == text && it.spec == *spec && it.encodings == *encodings;
        if let Some(last) = self.last.as_ref().filter(is_of) {
            return Rc::clone(&last.composed);
        }
        let composed = Rc::new(encodings.compose(|encoding| send::compose(spec, text, encoding)));
        self.last = Some(Composition {
            spec: spec.clone(),
            text: text.to_owned(),
            encodings: encodings.clone(),
            composed: Rc::clone(&composed),
        });
        composed
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::send::SendFormat;
    use espalier_core::view::EncodingName;

    use super::*;

    #[test]
    fn it_composes_anew_when_text_form_or_encoding_changes_and_only_then() {
        let mut composer = Composer::default();
        let text = SendSpec { escapes: false, ..SendSpec::default() };
        let hex = SendSpec { format: SendFormat::Hex, ..SendSpec::default() };
        let of = |name: &str| TargetEncodings::of_session(EncodingName(name.to_owned()));
        let (utf8, gbk) = (of("UTF-8"), of("GBK"));
        let bytes = |composed: &Rc<Composed>| composed.as_ref().as_ref().unwrap().common().to_vec();
        let first = composer.compose(&text, "板", &utf8);
        assert_eq!(bytes(&first), "板".as_bytes());
        assert!(Rc::ptr_eq(&first, &composer.compose(&text, "板", &utf8)));
        assert_eq!(bytes(&composer.compose(&text, "板", &gbk)), b"\xb0\xe5");
        assert!(composer.compose(&hex, "板", &utf8).is_err());
        assert_eq!(bytes(&composer.compose(&hex, "0a", &utf8)), b"\n");
    }
}
