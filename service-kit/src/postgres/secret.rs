//! Values that go to the database and into no log.

use bytes::BytesMut;
use std::error::Error;
use std::fmt;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A parameter of a statement that `Debug` masks: tokio-postgres logs parameters at level debug.
pub struct Secret<T>(pub T);

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl<T: ToSql> ToSql for Secret<T> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.to_sql(of, out)
    }

    fn accepts(of: &Type) -> bool {
        T::accepts(of)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_masked_but_arrives() {
        let secret = Secret("token");
        let mut out = BytesMut::new();
        let written = secret.to_sql(&Type::TEXT, &mut out);
        assert!(matches!(written, Ok(IsNull::No)) && out == "token" && format!("{secret:?}") == "***");
    }
}
