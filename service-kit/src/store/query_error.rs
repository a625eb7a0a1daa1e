//! Errors of a statement.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorResponseBody;
use postgres_protocol::message::frontend::BindError;
use tokio_postgres::error::SqlState;

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The server rejected it.
    #[error("the server answered {0}")]
    Server(#[from] Box<ServerError>),
    /// The connection broke. What the server executed is unknown.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// A parameter cannot be encoded. Nothing was sent.
    #[error("a parameter cannot be encoded: {0}")]
    Parameter(Box<dyn std::error::Error + Send + Sync>),
    /// The server sent something that its protocol does not allow here.
    #[error("unexpected response: {0}")]
    Protocol(&'static str),
}

/// An error response of PostgreSQL. Its detail is not kept, because it contains values of rows.
#[derive(Debug, thiserror::Error)]
#[error("{severity}: {message} (SQLSTATE {})", .code.code())]
pub struct ServerError {
    severity: String,
    /// The error code.
    pub code: SqlState,
    message: String,
    /// The constraint that a row violates.
    pub constraint: Option<String>,
}

impl ServerError {
    /// Reads the fields of an error response.
    ///
    /// # Errors
    /// If they are not well-formed.
    pub(crate) fn read(response: &ErrorResponseBody) -> io::Result<Box<Self>> {
        let (mut severity, mut code, mut message, mut constraint) = Default::default();
        let mut fields = response.fields();
        while let Some(field) = fields.next()? {
            let target: &mut Option<String> = match field.type_() {
                // `V` is the severity that is not translated.
                b'V' => &mut severity,
                b'C' => &mut code,
                b'M' => &mut message,
                b'n' => &mut constraint,
                _ => continue,
            };
            *target = Some(String::from_utf8_lossy(field.value_bytes()).into_owned());
        }
        Ok(Box::new(Self {
            severity: severity.unwrap_or_else(|| "ERROR".to_owned()),
            code: SqlState::from_code(&code.unwrap_or_default()),
            message: message.unwrap_or_default(),
            constraint,
        }))
    }

    /// Whether the server closes the connection.
    pub(crate) fn ends_connection(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl From<BindError> for QueryError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Conversion(error) => Self::Parameter(error),
            BindError::Serialization(error) => Self::Parameter(error.into()),
        }
    }
}

impl QueryError {
    /// The server's error code, if it answered.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Server(error) => Some(&error.code),
            Self::Broken(_) | Self::Parameter(_) | Self::Protocol(_) => None,
        }
    }
}
