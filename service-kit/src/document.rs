//! Completes an OpenAPI document with facts that do not belong to a single handler.

use std::collections::BTreeSet;

use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, Schema, Server};

/// Name and description of a response header that contains an integer.
pub type NumberHeader = (&'static str, &'static str);

/// An error that many operations can return.
pub struct CommonError {
    /// The HTTP status.
    pub status: &'static str,
    /// When it is returned.
    pub description: &'static str,
    /// Names and descriptions of response headers that hold a number.
    pub headers: &'static [NumberHeader],
}

/// Declares the server, which is the origin of the document, and that an operation without a security requirement takes no
/// credentials. OpenAPI leaves both open, and generated clients make different assumptions. Turns doc comments into texts:
/// viewers show a summary as a title, and some show line breaks of the source.
pub fn declare(document: &mut OpenApi) {
    let mut server = Server::new("/");
    server.description = Some("The origin that this document was fetched from".to_owned());
    document.servers = Some(vec![server]);
    for (_, _, operation) in operations(document) {
        operation.security.get_or_insert_default();
        operation.summary = operation.summary.take().map(|summary| title(&summary));
        operation.description = operation.description.take().map(|description| join_lines(&description));
    }
    for component in document.components.iter_mut().flat_map(|components| components.schemas.values_mut()) {
        let RefOr::T(Schema::Object(object)) = component else { continue };
        object.description = object.description.take().map(|description| join_lines(&description));
    }
}

/// Makes a title of a sentence by removing its full stop.
fn title(sentence: &str) -> String {
    let sentence = join_lines(sentence);
    sentence.strip_suffix('.').unwrap_or(&sentence).to_owned()
}

/// Joins the lines of each paragraph of a doc comment.
fn join_lines(text: &str) -> String {
    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

/// Iterates over all operations, with their path and whether their method is GET.
pub fn operations(document: &mut OpenApi) -> impl Iterator<Item = (&str, bool, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let PathItem { get, put, post, delete, patch, .. } = item;
        let others = [put, post, delete, patch].into_iter().flatten().map(|operation| (false, operation));
        let all = get.iter_mut().map(|operation| (true, operation)).chain(others);
        all.map(move |(reads, operation)| (path.as_str(), reads, operation))
    })
}

/// Iterates over all objects that are request bodies.
pub fn request_objects(document: &mut OpenApi) -> impl Iterator<Item = &mut Object> {
    let names: BTreeSet<String> =
        operations(document).flat_map(|(_, _, operation)| bodies(operation)).collect();
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    schemas.filter_map(move |(name, schema)| match schema {
        RefOr::T(Schema::Object(object)) if names.contains(name) => Some(object),
        _ => None,
    })
}

/// Returns the names of the components that the request body of an operation refers to.
fn bodies(operation: &Operation) -> Vec<String> {
    let Some(RefOr::T(body)) = &operation.request_body else { return Vec::new() };
    let name = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => {
            schema.ref_location.rsplit('/').next().map(str::to_owned)
        }
        _ => None,
    };
    body.content.values().filter_map(name).collect()
}

/// Adds an error whose body has the component `schema`. An operation that describes this status already keeps its
/// description.
pub fn add_error(operation: &mut Operation, error: &CommonError, schema: &str) {
    let described = || RefOr::T(Response::new(error.description));
    let response = operation.responses.responses.entry(error.status.to_owned()).or_insert_with(described);
    let RefOr::T(response) = response else { return };
    if response.content.is_empty() {
        response.content = json(schema).content;
    }
    for (name, description) in error.headers {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0));
        let header = HeaderBuilder::new().schema(Some(number)).description(Some(*description)).build();
        response.headers.entry((*name).to_owned()).or_insert(RefOr::T(header));
    }
}

/// Replaces the component `from` of every response body by `to`.
pub fn replace_schema(operation: &mut Operation, from: &str, to: &str) {
    let from = RefOr::Ref(Ref::from_schema_name(from));
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        if response
            .content
            .values()
            .any(|content| matches!(content, RefOr::T(content) if content.schema.as_ref() == Some(&from)))
        {
            response.content = json(to).content;
        }
    }
}

fn json(schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    ResponseBuilder::new().content("application/json", content).build()
}
