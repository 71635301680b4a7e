//! How large a query is with its fragments written out. async-graphql follows every spread each time it meets it, before it looks at any
//! other bound, so that forty fragments of which each has the next one twice would keep a processor busy for ever.

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Request, ServerError, ServerResult};
use std::collections::HashMap;
use std::sync::Arc;

/// Refuses a query with more fields and fragments than this, each counted as often as it is used, before anything walks it.
#[derive(Debug, Clone, Copy)]
pub struct ExpansionLimit(pub usize);

impl ExtensionFactory for ExpansionLimit {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for ExpansionLimit {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        if expansion(request.parsed_query()?) > self.0 {
            let message = format!("the query has more than {} fields, fragments included", self.0);
            return Err(ServerError::new(message, None));
        }
        Ok(request)
    }
}

/// Fields and fragments of all operations, each as often as it is used; the largest number there is where a fragment contains itself.
fn expansion(document: &ExecutableDocument) -> usize {
    let mut known = HashMap::new();
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    operations.map(|set| size(document, set, &mut known)).fold(0, usize::saturating_add)
}

/// `known` holds the size of each fragment that was looked into, and nothing for those that are being looked into.
fn size<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    known: &mut HashMap<&'a Name, Option<usize>>,
) -> usize {
    let selections = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => size(document, &field.node.selection_set.node, known),
        Selection::InlineFragment(fragment) => size(document, &fragment.node.selection_set.node, known),
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            match known.get(name) {
                Some(size) => size.unwrap_or(usize::MAX),
                None => document.fragments.get(name).map_or(0, |fragment| {
                    known.insert(name, None);
                    let size = size(document, &fragment.node.selection_set.node, known);
                    known.insert(name, Some(size));
                    size
                }),
            }
        }
    });
    selections.fold(0, |all, size| all.saturating_add(size).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn a_fragment_counts_as_often_as_it_is_used() {
        let rows = [
            ("{ a b { c } }", 3),
            ("{ ... { a } }", 2),
            ("{ ...f ...f } fragment f on Query { a b }", 6),
            ("{ ...f } fragment f on Query { ...g ...g } fragment g on Query { a }", 5),
            ("{ ...nobody }", 1),
            ("query A { a } query B { b }", 2),
            ("{ ...f } fragment f on Query { ...f ...f }", usize::MAX),
            ("{ ...f } fragment f on Query { a { ...g } } fragment g on Query { ...f }", usize::MAX),
        ];
        for (query, expected) in rows {
            assert_eq!(expansion(&parse_query(query).expect(query)), expected, "{query}");
        }
    }

    #[test]
    fn a_thousand_doublings_are_counted_at_once() {
        let fragment = |number| format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1);
        let fragments: String = (0..1_000).map(fragment).collect();
        let query = format!("{{ ...f0 }} {fragments} fragment f1000 on Query {{ a }}");
        assert_eq!(expansion(&parse_query(query).expect("it is a query")), usize::MAX);
    }
}
