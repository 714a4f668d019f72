//! A statement that is put together, with its values.

use std::sync::Arc;

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, Postgres, Type,
    postgres::{PgArguments, PgConnection, PgRow},
};

use crate::store::Result;

/// A text and its values. Texts that are put together alike are alike, so that they stay prepared.
#[derive(Default)]
pub(super) struct Statement {
    text: String,
    values: PgArguments,
    count: usize,
}

impl Statement {
    /// Adds literal SQL of this crate: no input can become SQL.
    pub(super) fn push(&mut self, sql: &'static str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// Adds a value in the place of which its number stands.
    pub(super) fn bind<'t, T>(&mut self, value: T) -> Result<&mut Self>
    where
        T: Encode<'t, Postgres> + Type<Postgres>,
    {
        self.values.add(value).map_err(sqlx::Error::Encode)?;
        self.count += 1;
        self.text.push('$');
        self.text.push_str(&self.count.to_string());
        Ok(self)
    }

    /// Executes it; its first row, if there is one.
    pub(super) async fn execute(self, connection: &mut PgConnection) -> sqlx::Result<Option<PgRow>> {
        let text = AssertSqlSafe(Arc::<str>::from(self.text));
        sqlx::query_with(text, self.values).fetch_optional(connection).await
    }
}
