//! The contract's schema, read once into a tree that every generator walks. A keyword that no generator understands is an
//! error here, so that none is silently lost in one of the forms.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use lia_contract::registry::{Entry, TYPES};
use serde_json::{Map, Value};

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// Anything, `null` too.
    Any,
    /// Nothing but `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// One value: a tag, `true`.
    Const(Value),
    /// A word out of a list, each with its description.
    Words(Vec<(String, String)>),
    /// A text.
    Text(Text),
    /// A whole number within its bounds.
    Int { min: i64, max: i64 },
    /// A number.
    Num { min: Option<f64>, max: Option<f64> },
    /// A list.
    List { item: Box<Ty>, min: Option<u64>, max: Option<u64> },
    /// An object with free keys.
    Map { key: Option<Text>, value: Box<Ty>, min: Option<u64>, max: Option<u64> },
    /// An object with these fields; others are of no meaning.
    Object(Vec<Prop>),
    /// One of these, tried in turn.
    Either(Vec<Ty>),
    /// One of these, told apart by a field. The last one may take every tag that no other has.
    Tagged { field: String, variants: Vec<String> },
    /// Another type of the contract.
    Ref(String),
}

/// A text's limits. Lengths are in UTF-16 units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Shortest.
    pub min: Option<u64>,
    /// Longest.
    pub max: Option<u64>,
    /// Most bytes in UTF-8.
    pub bytes: Option<u64>,
    /// What it looks like.
    pub pattern: Option<String>,
    /// What it is not.
    pub except: Vec<String>,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Prop {
    /// Its key.
    pub name: String,
    /// For users.
    pub doc: String,
    /// Its value.
    pub ty: Ty,
    /// May be absent.
    pub optional: bool,
    /// What an absent one means.
    pub default: Option<Value>,
}

/// A type of the registry.
pub struct Def {
    /// Its entry there.
    pub entry: &'static Entry,
    /// For users.
    pub doc: String,
    /// Its form.
    pub ty: Ty,
    /// What its fields must say together.
    pub rule: Option<Rule>,
}

/// A rule over several fields of a struct, which JSON Schema says with `allOf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One of `approved` and `decision` is there; both say the same.
    OneDecision,
}

/// All types, in the registry's order.
pub struct Contract {
    /// The types.
    pub defs: Vec<Def>,
    /// The normalised JSON Schema that they come from.
    pub bundle: Value,
    reach: BTreeMap<String, BTreeSet<String>>,
}

impl Contract {
    /// Reads the bundle.
    ///
    /// # Errors
    /// A keyword that is not understood, and where.
    pub fn read() -> Result<Self> {
        let bundle = lia_contract::schema::bundle();
        let mut defs = Vec::new();
        for entry in TYPES {
            let schema = lia_contract::schema::definition(&bundle, entry.name).context(entry.name)?;
            let in_it = || format!("the schema of {}", entry.name);
            let ty = read(schema).with_context(in_it)?;
            defs.push(Def { entry, doc: doc(schema), ty, rule: rule(schema).with_context(in_it)? });
        }
        let mut reach: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for def in &defs {
            let mut direct = BTreeSet::new();
            def.ty.each_ref(&mut |name| {
                direct.insert(name.to_owned());
            });
            reach.insert(def.entry.name.to_owned(), direct);
        }
        loop {
            let before: usize = reach.values().map(BTreeSet::len).sum();
            let snapshot = reach.clone();
            for all in reach.values_mut() {
                for name in all.clone() {
                    all.extend(
                        snapshot
                            .get(&name)
                            .with_context(|| format!("{name} is not in the registry"))?
                            .clone(),
                    );
                }
            }
            if reach.values().map(BTreeSet::len).sum::<usize>() == before {
                break;
            }
        }
        Ok(Self { defs, bundle, reach })
    }

    /// The type with a name.
    pub fn find(&self, name: &str) -> Option<&Def> {
        self.defs.iter().find(|d| d.entry.name == name)
    }

    /// The type with a name, which must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn get(&self, name: &str) -> Result<&Def> {
        self.find(name).with_context(|| format!("{name} is not in the registry"))
    }

    /// Whether a value of the first type may hold one of the second.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        self.reach.get(from).is_some_and(|all| all.contains(to))
    }

    /// Whether both hold each other.
    pub fn together(&self, a: &str, b: &str) -> bool {
        self.reaches(a, b) && self.reaches(b, a)
    }

    /// Whether what is accepted has optional fields that are always there once it is read: a default lies somewhere below.
    pub fn has_input(&self, name: &str) -> bool {
        let own = |n: &str| self.find(n).is_some_and(|d| d.ty.has_default());
        own(name) || self.reach.get(name).is_some_and(|all| all.iter().any(|n| own(n)))
    }

    /// The structs of a union, those of nested unions too, each with its name.
    pub fn variants<'a>(&'a self, union: &'a str) -> Vec<&'a str> {
        match self.find(union).map(|d| &d.ty) {
            Some(Ty::Tagged { variants, .. }) => variants.iter().flat_map(|v| self.variants(v)).collect(),
            Some(_) | None => vec![union],
        }
    }

    /// The constant text of a struct's field.
    pub fn tag<'a>(&'a self, name: &str, field: &str) -> Option<&'a str> {
        let Ty::Object(props) = &self.find(name)?.ty else { return None };
        match &props.iter().find(|p| p.name == field)?.ty {
            Ty::Const(value) => value.as_str(),
            _ => None,
        }
    }

    /// The variant of a union that takes every other tag.
    pub fn otherwise<'a>(&self, field: &str, variants: &'a [String]) -> Option<&'a str> {
        let last = variants.last()?;
        let prop = self.props(last).iter().find(|p| p.name == field)?;
        matches!(&prop.ty, Ty::Text(text) if !text.except.is_empty()).then_some(last)
    }

    /// The fields of a struct.
    pub fn props(&self, name: &str) -> &[Prop] {
        match self.find(name).map(|d| &d.ty) {
            Some(Ty::Object(props)) => props,
            Some(_) | None => &[],
        }
    }
}

impl Ty {
    /// Every type that this one names.
    pub fn each_ref(&self, found: &mut impl FnMut(&str)) {
        match self {
            Self::Any
            | Self::Null
            | Self::Bool
            | Self::Const(_)
            | Self::Words(_)
            | Self::Text(_)
            | Self::Int { .. }
            | Self::Num { .. } => {}
            Self::List { item: inner, .. } | Self::Map { value: inner, .. } => inner.each_ref(found),
            Self::Object(props) => props.iter().for_each(|p| p.ty.each_ref(found)),
            Self::Either(forms) => forms.iter().for_each(|f| f.each_ref(found)),
            Self::Tagged { variants, .. } => variants.iter().for_each(|v| found(v)),
            Self::Ref(name) => found(name),
        }
    }

    fn has_default(&self) -> bool {
        match self {
            Self::Any
            | Self::Null
            | Self::Bool
            | Self::Const(_)
            | Self::Words(_)
            | Self::Text(_)
            | Self::Int { .. }
            | Self::Num { .. }
            | Self::Tagged { .. }
            | Self::Ref(_) => false,
            Self::List { item: inner, .. } | Self::Map { value: inner, .. } => inner.has_default(),
            Self::Object(props) => props.iter().any(|p| p.default.is_some() || p.ty.has_default()),
            Self::Either(forms) => forms.iter().any(Self::has_default),
        }
    }
}

fn doc(schema: &Value) -> String {
    // Links of rustdoc are plain names elsewhere.
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .replace("[`", "`")
        .replace("`]", "`")
}

fn rule(schema: &Value) -> Result<Option<Rule>> {
    match schema.get("x-rule").and_then(Value::as_str) {
        None => Ok(None),
        Some("one-decision") => Ok(Some(Rule::OneDecision)),
        Some(other) => bail!("the rule {other} is unknown"),
    }
}

fn read(schema: &Value) -> Result<Ty> {
    let object = match schema {
        Value::Bool(true) => return Ok(Ty::Any),
        Value::Object(object) => object,
        other => bail!("a schema is an object, not {other}"),
    };
    let mut keys: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let mut take = |key: &str| {
        keys.remove(key);
        object.get(key)
    };
    for note in [
        "description",
        "default",
        "title",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "x-lia-status",
        "x-known",
    ] {
        take(note);
    }
    // `allOf` is only there to say a rule; see `rule`.
    if take("x-rule").is_some() {
        take("allOf");
    }
    let ty = if let Some(reference) = take("$ref") {
        Ty::Ref(name_of(reference)?)
    } else if let Some(discriminator) = take("discriminator") {
        let field = discriminator.get("propertyName").and_then(Value::as_str).context("propertyName")?;
        let variants = take("oneOf").and_then(Value::as_array).context("a discriminator needs oneOf")?;
        take("type");
        let variants = variants
            .iter()
            .map(|v| name_of(v.get("$ref").context("a variant is a reference")?))
            .collect::<Result<_>>()?;
        Ty::Tagged { field: field.to_owned(), variants }
    } else if let Some(forms) = take("oneOf").or(take("anyOf")) {
        take("type");
        forms_of(forms.as_array().context("a list of forms")?)?
    } else if let Some(value) = take("const") {
        take("type");
        Ty::Const(value.clone())
    } else if let Some(words) = take("enum") {
        take("type");
        enumeration(words.as_array().context("a list of words")?)?
    } else {
        typed(object, &mut take)?
    };
    ensure!(keys.is_empty(), "keywords that no generator understands: {keys:?}");
    Ok(ty)
}

fn typed<'a>(object: &'a Map<String, Value>, take: &mut impl FnMut(&str) -> Option<&'a Value>) -> Result<Ty> {
    let kinds: Vec<&str> = match take("type") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(other) => bail!("a type is a word, not {other}"),
    };
    let mut forms = Vec::new();
    for kind in &kinds {
        let whole = |v: Option<&Value>| v.and_then(Value::as_u64);
        forms.push(match *kind {
            "null" => Ty::Null,
            "boolean" => Ty::Bool,
            "string" => {
                take("format");
                Ty::Text(text(take)?)
            }
            "integer" => {
                take("format");
                let mut bound = |key| {
                    take(key).and_then(Value::as_i64).with_context(|| format!("an integer needs its {key}"))
                };
                Ty::Int { min: bound("minimum")?, max: bound("maximum")? }
            }
            "number" => Ty::Num {
                min: take("minimum").and_then(Value::as_f64),
                max: take("maximum").and_then(Value::as_f64),
            },
            "array" => Ty::List {
                item: Box::new(take("items").map_or(Ok(Ty::Any), read)?),
                min: whole(take("minItems")),
                max: whole(take("maxItems")),
            },
            "object" if object.contains_key("properties") => {
                take("additionalProperties");
                let required: Vec<&str> = take("required")
                    .and_then(Value::as_array)
                    .map(|r| r.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                let all = take("properties").and_then(Value::as_object).context("properties")?;
                let mut props = Vec::new();
                for (name, schema) in all {
                    props.push(Prop {
                        name: name.clone(),
                        doc: doc(schema),
                        ty: read(schema).with_context(|| format!("the field {name}"))?,
                        optional: !required.contains(&name.as_str()),
                        default: schema.get("default").cloned(),
                    });
                }
                Ty::Object(props)
            }
            "object" => {
                let key = match take("propertyNames") {
                    None => None,
                    Some(names) => match read(names)? {
                        Ty::Text(text) => Some(text),
                        other => bail!("a key is a text, not {other:?}"),
                    },
                };
                match take("additionalProperties") {
                    Some(Value::Bool(false)) => Ty::Object(Vec::new()),
                    value => Ty::Map {
                        key,
                        value: Box::new(value.map_or(Ok(Ty::Any), read)?),
                        min: whole(take("minProperties")),
                        max: whole(take("maxProperties")),
                    },
                }
            }
            other => bail!("the type {other} is unknown"),
        });
    }
    Ok(match forms.len() {
        0 => Ty::Any,
        1 => forms.remove(0),
        _ => Ty::Either(forms),
    })
}

fn text<'a>(take: &mut impl FnMut(&str) -> Option<&'a Value>) -> Result<Text> {
    let max = take("maxLength").and_then(Value::as_u64);
    let exact = take("x-maxLengthUtf16").and_then(Value::as_u64);
    ensure!(max == exact, "maxLength and x-maxLengthUtf16 differ");
    Ok(Text {
        min: take("minLength").and_then(Value::as_u64),
        max,
        bytes: take("x-maxLengthUtf8").and_then(Value::as_u64),
        pattern: take("pattern").and_then(Value::as_str).map(str::to_owned),
        except: match take("not").map(read).transpose()? {
            None => Vec::new(),
            Some(Ty::Words(words)) => words.into_iter().map(|(word, _)| word).collect(),
            Some(other) => bail!("a text is not one of some words, but this says {other:?}"),
        },
    })
}

fn forms_of(forms: &[Value]) -> Result<Ty> {
    let mut words = Vec::new();
    let mut out = Vec::new();
    for form in forms {
        match read(form)? {
            Ty::Const(Value::String(word)) => words.push((word, doc(form))),
            Ty::Words(more) => words.extend(more),
            other => out.push(other),
        }
    }
    if !words.is_empty() {
        out.insert(0, Ty::Words(words));
    }
    Ok(if out.len() == 1 { out.remove(0) } else { Ty::Either(out) })
}

fn enumeration(words: &[Value]) -> Result<Ty> {
    // One value that is no text, and perhaps nothing.
    let values: Vec<_> = words.iter().filter(|word| !word.is_null()).collect();
    if let [literal] = &values[..]
        && !literal.is_string()
    {
        let literal = Ty::Const((*literal).clone());
        return Ok(if values.len() < words.len() { Ty::Either(vec![literal, Ty::Null]) } else { literal });
    }
    let mut texts = Vec::new();
    let mut null = false;
    for word in words {
        match word {
            Value::String(word) => texts.push((word.clone(), String::new())),
            Value::Null => null = true,
            other => bail!("an enumeration holds words, not {other}"),
        }
    }
    Ok(if null { Ty::Either(vec![Ty::Words(texts), Ty::Null]) } else { Ty::Words(texts) })
}

fn name_of(reference: &Value) -> Result<String> {
    let text = reference.as_str().and_then(|r| r.strip_prefix("#/$defs/"));
    text.map(str::to_owned).with_context(|| format!("a reference into $defs, not {reference}"))
}
