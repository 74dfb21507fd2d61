//! What stands in a file, with the lines it stands in: values are read from it, and from what is left of it when a part of
//! it makes no sense.

use std::fmt::{self, Display};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer as _, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::parser_message::one_line;

/// A value, and the line it begins in.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Counted from 1.
    pub line: usize,
    /// The value.
    pub node: Node,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Node {
    /// Keys and what stands under them.
    Table(Vec<(String, Tree)>),
    /// Values in a row.
    List(Vec<Tree>),
    /// A text, number, truth or time.
    Leaf(toml::Value),
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    /// What stands under a key.
    Key(String),
    /// What stands at a place of a list.
    Item(usize),
}

impl Tree {
    /// A table that was parsed from this text.
    pub fn of_toml(table: DeTable<'_>, text: &str) -> Self {
        let lines = Lines::of(text);
        Self { line: 1, node: Node::table(table, &lines) }
    }

    /// A value that stands in this one line as JSON. `null` is what is not there.
    pub fn of_json(json: serde_json::Value, line: usize) -> Self {
        use serde_json::Value;
        let node = match json {
            Value::Object(map) => {
                let kept = map.into_iter().filter(|(_, value)| !value.is_null());
                Node::Table(kept.map(|(key, value)| (key, Self::of_json(value, line))).collect())
            }
            Value::Array(list) => {
                let kept = list.into_iter().filter(|value| !value.is_null());
                Node::List(kept.map(|value| Self::of_json(value, line)).collect())
            }
            other => Node::Leaf(leaf(toml::Value::try_from(&other).ok(), || other.to_string())),
        };
        Self { line, node }
    }

    /// The value at the end of this way, or the last one that is there.
    pub fn at(&self, path: &[PathSegment]) -> &Self {
        let Some((step, deeper)) = path.split_first() else { return self };
        let next = match (&self.node, step) {
            (Node::Table(entries), PathSegment::Key(key)) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, tree)| tree)
            }
            (Node::List(items), PathSegment::Item(index)) => items.get(*index),
            _ => None,
        };
        next.map_or(self, |tree| tree.at(deeper))
    }

    /// Takes out what stands at the end of this way.
    pub fn remove(&mut self, path: &[PathSegment]) {
        let Some((step, deeper)) = path.split_first() else { return };
        match (&mut self.node, step) {
            (Node::Table(entries), PathSegment::Key(key)) => {
                if deeper.is_empty() {
                    entries.retain(|(name, _)| name != key);
                } else if let Some((_, tree)) = entries.iter_mut().find(|(name, _)| name == key) {
                    tree.remove(deeper);
                }
            }
            (Node::List(items), PathSegment::Item(index)) => {
                if deeper.is_empty() && *index < items.len() {
                    items.remove(*index);
                } else if let Some(tree) = items.get_mut(*index) {
                    tree.remove(deeper);
                }
            }
            _ => {}
        }
    }
}

impl Node {
    fn table(table: DeTable<'_>, lines: &Lines) -> Self {
        let entry = |(key, value): (Spanned<std::borrow::Cow<'_, str>>, Spanned<DeValue<'_>>)| {
            let line = lines.at(key.span().start);
            (key.into_inner().into_owned(), Tree { line, node: Self::of(value, lines) })
        };
        Self::Table(table.into_iter().map(entry).collect())
    }

    fn of(value: Spanned<DeValue<'_>>, lines: &Lines) -> Self {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Self::table(table, lines),
            DeValue::Array(list) => {
                let tree = |item: Spanned<DeValue<'_>>| Tree {
                    line: lines.at(item.span().start),
                    node: Self::of(item, lines),
                };
                Self::List(list.into_iter().map(tree).collect())
            }
            other => {
                let shown = other.as_str().unwrap_or(other.type_str()).to_owned();
                let value = Spanned::new(span, other);
                let read = <toml::Value as serde::Deserialize>::deserialize(
                    ValueDeserializer::from(value),
                );
                Self::Leaf(leaf(read.ok(), || shown))
            }
        }
    }
}

/// A number beyond all that we read stands there as a text, which nobody takes for a number.
fn leaf(value: Option<toml::Value>, shown: impl FnOnce() -> String) -> toml::Value {
    value.unwrap_or_else(|| toml::Value::String(shown()))
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset) + 1
    }
}

/// Why a value could not be read, and the way to the part of it that makes no sense, from the end.
#[derive(Debug)]
pub struct ValueError {
    message: String,
    path: Vec<PathSegment>,
}

impl ValueError {
    fn below(mut self, step: PathSegment) -> Self {
        self.path.push(step);
        self
    }

    /// The reason in one line, and the way from the value that was read.
    pub fn into_parts(mut self) -> (String, Vec<PathSegment>) {
        self.path.reverse();
        (one_line(&self.message), self.path)
    }
}

impl Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}

impl de::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self { message: message.to_string(), path: Vec::new() }
    }
}

impl<'de> de::Deserializer<'de> for &'de Tree {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match &self.node {
            Node::Table(entries) => visitor.visit_map(Entries { rest: entries.iter(), next: None }),
            Node::List(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Node::Leaf(leaf) => leaf
                .clone()
                .deserialize_any(visitor)
                .map_err(|error| de::Error::custom(error.message())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match &self.node {
            Node::Leaf(toml::Value::String(word)) => {
                let word: StrDeserializer<'_, ValueError> = word.as_str().into_deserializer();
                visitor.visit_enum(word)
            }
            Node::Table(entries) => {
                let entries = Entries { rest: entries.iter(), next: None };
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            _ => Err(de::Error::custom("expected a word")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, (String, Tree)>,
    next: Option<&'de (String, Tree)>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ValueError> {
        self.next = self.rest.next();
        let Some((key, _)) = self.next else { return Ok(None) };
        let word: StrDeserializer<'_, ValueError> = key.as_str().into_deserializer();
        seed.deserialize(word).map(Some).map_err(|error| error.below(PathSegment::Key(key.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ValueError> {
        let Some((key, value)) = self.next.take() else {
            return Err(de::Error::custom("a value without its key"));
        };
        seed.deserialize(value).map_err(|error| error.below(PathSegment::Key(key.clone())))
    }
}

struct Items<'de>(std::iter::Enumerate<std::slice::Iter<'de, Tree>>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        let Some((index, item)) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|error| error.below(PathSegment::Item(index)))
    }
}
