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

/// Columns that are filled from lists: their names, and the lists' places among the values.
#[derive(Default)]
pub(super) struct Columns(Vec<(&'static str, usize)>);

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

    /// Adds a column that is filled from a list, to be named and unpacked further on.
    pub(super) fn column<'t, T>(
        &mut self,
        columns: &mut Columns,
        name: &'static str,
        values: Vec<T>,
    ) -> Result<()>
    where
        Vec<T>: Encode<'t, Postgres> + Type<Postgres>,
    {
        self.values.add(values).map_err(sqlx::Error::Encode)?;
        self.count += 1;
        columns.0.push((name, self.count));
        Ok(())
    }

    /// The same of a column that is mostly empty: where it is, it is left out, which saves most of what it costs.
    pub(super) fn sparse<'t, T>(
        &mut self,
        columns: &mut Columns,
        name: &'static str,
        values: impl Iterator<Item = Option<T>>,
    ) -> Result<()>
    where
        Vec<Option<T>>: Encode<'t, Postgres> + Type<Postgres>,
    {
        let values: Vec<Option<T>> = values.collect();
        if values.iter().all(Option::is_none) { Ok(()) } else { self.column(columns, name, values) }
    }

    /// Adds the names of columns.
    pub(super) fn names(&mut self, Columns(columns): &Columns) -> &mut Self {
        for (n, (name, _)) in columns.iter().enumerate() {
            self.push(if n > 0 { ", " } else { "" }).push(name);
        }
        self
    }

    /// Adds their lists, as a table.
    pub(super) fn lists(&mut self, Columns(columns): &Columns) -> &mut Self {
        self.push("unnest(");
        for (n, (_, place)) in columns.iter().enumerate() {
            self.push(if n > 0 { ", $" } else { "$" });
            self.text.push_str(&place.to_string());
        }
        self.push(")")
    }

    /// Executes it; its first row, if there is one.
    pub(super) async fn execute(self, connection: &mut PgConnection) -> sqlx::Result<Option<PgRow>> {
        let text = AssertSqlSafe(Arc::<str>::from(self.text));
        sqlx::query_with(text, self.values).fetch_optional(connection).await
    }
}
