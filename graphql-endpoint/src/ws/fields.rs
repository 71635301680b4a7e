//! How many fields a subscription has at its root: each would be a stream, and one operation counts as one.

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use std::collections::HashSet;

/// Whether each subscription in the document has exactly one field at its root, fragments included.
///
/// Source: the GraphQL specification, "Single Root Field", which async-graphql does not check. Stricter in one thing: a field
/// that is there twice is two, since each would be a stream.
#[must_use]
pub fn is_one_field_each(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let mut subscriptions = operations.filter(|operation| operation.ty == OperationType::Subscription);
    subscriptions.all(|operation| fields_of(document, &operation.selection_set) == 1)
}

/// Each fragment is looked into once, which bounds the work and ends those that contain themselves.
fn fields_of<'a>(document: &'a ExecutableDocument, root: &'a Positioned<SelectionSet>) -> usize {
    let mut fields = 0;
    let mut seen = HashSet::new();
    let mut sets = vec![root];
    while let Some(set) = sets.pop() {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(_) => fields += 1,
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name).filter(|_| seen.insert(name)) {
                        sets.push(&fragment.node.selection_set);
                    }
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn each_subscription_has_one_field() {
        let rows = [
            ("subscription { a { b c } }", true),
            ("{ a b }", true),
            ("subscription { a b }", false),
            ("subscription { a x: a }", false),
            ("subscription { a a }", false),
            ("subscription { ... { a } }", true),
            ("subscription { a ... { b } }", false),
            ("subscription { ... { ... { a b } } }", false),
            ("subscription { ...f } fragment f on Subscription { a }", true),
            ("subscription { a ...f } fragment f on Subscription { b }", false),
            ("subscription { ...f ...g } fragment f on Subscription { a } fragment g on Subscription { b }", false),
            ("subscription { ...f } fragment f on Subscription { ...f }", false),
            ("subscription { a ...f } fragment f on Subscription { ...f }", true),
            ("query Q { a b } subscription S { a }", true),
            ("query Q { a } subscription S { a } subscription T { a b }", false),
        ];
        for (query, expected) in rows {
            assert_eq!(is_one_field_each(&parse_query(query).expect(query)), expected, "{query}");
        }
    }
}
