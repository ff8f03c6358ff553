//! The description of one route.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    api::Scope,
    error::{ApiError, ErrorCode},
};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Whoever has a credential.
    Any,
    /// Whoever has a credential with this scope.
    Scope(Scope),
    /// The sidecar of the session that the path names: its instance's secret, which opens nothing else.
    Instance,
}

/// How a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request and its answer.
    Http,
    /// An upgrade to a WebSocket.
    WebSocket,
    /// Server-sent events.
    Sse,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// JSON of the type with this name.
    Json(&'static str),
    /// A JSON array of the type with this name.
    List(&'static str),
    /// JSON whose type is not of the contract: a document with a standard of its own.
    Document,
    /// Text or bytes of this media type.
    Bytes(&'static str),
    /// Server-sent events.
    Events,
}

impl Body {
    /// Its media type, without parameters.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::Json(_) | Self::List(_) | Self::Document => "application/json",
            Self::Bytes(media) => media,
            Self::Events => "text/event-stream",
        }
    }
}

/// The name of a type of the contract, in every language.
///
/// # Panics
/// When the type's name is made at run time: no type of the contract has such a name.
#[must_use]
pub fn name<T: JsonSchema>() -> &'static str {
    match T::schema_name() {
        Cow::Borrowed(name) => name,
        Cow::Owned(name) => panic!("{name} is no type of the contract"),
    }
}

/// JSON of a type.
#[must_use]
pub fn json<T: JsonSchema>() -> Body {
    Body::Json(name::<T>())
}

/// A JSON array of a type.
#[must_use]
pub fn list<T: JsonSchema>() -> Body {
    Body::List(name::<T>())
}

/// A header of a request or an answer.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    /// What for.
    pub about: &'static str,
    /// The most characters that it has.
    pub max: usize,
}

/// One good answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What it means.
    pub about: &'static str,
    /// What it holds, in every form that can be asked for; nothing when empty.
    pub bodies: Vec<Body>,
    /// Its own headers.
    pub headers: Vec<Header>,
}

/// One parameter of the path.
#[derive(Clone, Debug)]
pub struct PathParam {
    /// Its name.
    pub name: &'static str,
    /// What for.
    pub about: &'static str,
    /// Its schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// One parameter of the query string that is of no type of the contract.
#[derive(Clone, Debug)]
pub struct QueryParam {
    /// Its name.
    pub name: &'static str,
    /// What for.
    pub about: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// What a route takes and answers.
#[derive(Clone, Debug)]
pub struct Doc {
    /// Parameters of the path, in its order.
    pub path: Vec<PathParam>,
    /// The type of the query string.
    pub query: Option<&'static str>,
    /// Parameters of the query string beside it, for routes that are planned.
    pub asks: Vec<QueryParam>,
    /// Headers of the request.
    pub headers: Vec<Header>,
    /// The body of the request.
    pub request: Option<Body>,
    /// Whether the request may come without it.
    pub optional: bool,
    /// Good answers.
    pub answers: Vec<Answer>,
    /// Statuses that errors have, with their codes; those that every such route has come with [`RouteDoc::errors`].
    pub errors: Vec<(u16, &'static str)>,
    /// The type of an error's body.
    pub error_type: &'static str,
}

/// A description to begin with.
#[must_use]
pub fn doc() -> Doc {
    Doc {
        path: Vec::new(),
        query: None,
        asks: Vec::new(),
        headers: Vec::new(),
        request: None,
        optional: false,
        answers: Vec::new(),
        errors: Vec::new(),
        error_type: name::<ApiError>(),
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Doc {
    /// A parameter of the path.
    #[must_use]
    pub fn path<T: JsonSchema>(mut self, name: &'static str, about: &'static str) -> Self {
        self.path.push(PathParam { name, about, schema: schema::<T> });
        self
    }

    /// The query string is of this type.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(name::<T>());
        self
    }

    /// The query string may have this parameter.
    #[must_use]
    pub fn asks<T: JsonSchema>(mut self, name: &'static str, about: &'static str) -> Self {
        self.asks.push(QueryParam { name, about, required: false, schema: schema::<T> });
        self
    }

    /// The query string must have this parameter.
    #[must_use]
    pub fn needs<T: JsonSchema>(mut self, name: &'static str, about: &'static str) -> Self {
        self.asks.push(QueryParam { name, about, required: true, schema: schema::<T> });
        self
    }

    /// The request may have this header.
    #[must_use]
    pub fn header(mut self, name: &'static str, max: usize, about: &'static str) -> Self {
        self.headers.push(Header { name, about, max });
        self
    }

    /// The request has a body.
    #[must_use]
    pub fn takes(mut self, body: Body) -> Self {
        self.request = Some(body);
        self
    }

    /// The request may have a body.
    #[must_use]
    pub fn may_take(mut self, body: Body) -> Self {
        self.optional = true;
        self.takes(body)
    }

    /// A good answer with a body.
    #[must_use]
    pub fn gives(mut self, status: u16, body: Body, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, bodies: vec![body], headers: Vec::new() });
        self
    }

    /// A good answer without a body.
    #[must_use]
    pub fn done(mut self, status: u16, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, bodies: Vec::new(), headers: Vec::new() });
        self
    }

    /// The last answer may have this body instead.
    #[must_use]
    pub fn or(mut self, body: Body) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.bodies.push(body);
        }
        self
    }

    /// The last answer has this header.
    #[must_use]
    pub fn with(mut self, name: &'static str, about: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(Header { name, about, max: 4096 });
        }
        self
    }

    /// Errors that this route can answer, beyond those of [`RouteDoc::errors`].
    #[must_use]
    pub fn fails(mut self, codes: &[ErrorCode]) -> Self {
        self.errors.extend(codes.iter().map(|c| (c.status(), c.as_str())));
        self
    }
}

/// One route with its description.
#[derive(Clone, Debug)]
pub struct RouteDoc {
    /// `GET`, …
    pub method: &'static str,
    /// With `{parameters}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How it answers.
    pub kind: Kind,
    /// Bytes of a JSON body.
    pub limit: usize,
    /// One line for people.
    pub summary: &'static str,
    /// Which part of the API it is.
    pub tag: &'static str,
    /// Whether no code serves it yet.
    pub planned: bool,
    /// The rest.
    pub doc: Doc,
}

impl RouteDoc {
    /// All errors that it can answer, by status, each once: its own, and those that follow from how it is called.
    #[must_use]
    pub fn errors(&self) -> Vec<(u16, &'static str)> {
        use ErrorCode as C;
        let mut codes = vec![C::MisdirectedRequest, C::InternalError];
        let changes = self.method != "GET" || self.kind == Kind::WebSocket;
        match self.access {
            Access::Open if changes => codes.push(C::Forbidden),
            Access::Open => {}
            Access::Any if changes => codes.extend([C::Unauthorized, C::Forbidden]),
            Access::Any => codes.push(C::Unauthorized),
            Access::Scope(_) | Access::Instance => codes.extend([C::Unauthorized, C::Forbidden]),
        }
        if self.access != Access::Open {
            codes.extend([C::DatabaseError, C::Unavailable]);
        }
        let doc = &self.doc;
        if !doc.path.is_empty() || doc.query.is_some() || !doc.headers.is_empty() || doc.request.is_some() {
            codes.push(C::BadRequest);
        }
        match doc.request {
            Some(Body::Json(_) | Body::List(_)) => codes.extend([C::TooLarge, C::UnsupportedMediaType]),
            Some(Body::Bytes(_) | Body::Document | Body::Events) => codes.push(C::TooLarge),
            None => {}
        }
        let own = doc.errors.iter().copied();
        let mut all: Vec<_> = if self.planned {
            own.collect()
        } else {
            codes.into_iter().map(|c| (c.status(), c.as_str())).chain(own).collect()
        };
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The answer with a status.
    #[must_use]
    pub fn answer(&self, status: u16) -> Option<&Answer> {
        self.doc.answers.iter().find(|a| a.status == status)
    }

    /// Whether a request's path, without query, is this route's.
    #[must_use]
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let same =
            |(ours, theirs): (&str, &str)| ours == theirs || (ours.starts_with('{') && !theirs.is_empty());
        let method = if method == "HEAD" { "GET" } else { method };
        method == self.method
            && self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(same)
    }
}
