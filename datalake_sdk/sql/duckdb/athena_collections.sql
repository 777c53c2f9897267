-- Arrays and maps. Conventions: athena_functions.sql.

CREATE MACRO athena_zip
    (a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_zip(a, b) END,
    (a, b, c) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL THEN list_zip(a, b, c) END,
    (a, b, c, d) AS CASE
        WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL THEN list_zip(a, b, c, d)
    END,
    (a, b, c, d, e) AS CASE
        WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL AND e IS NOT NULL
            THEN list_zip(a, b, c, d, e)
    END;
CREATE MACRO athena_trim_array(x, n) AS CASE
    WHEN n < 0 THEN sdk_invalid('size must not be negative: ' || n)
    WHEN n > len(x) THEN sdk_invalid('size must not exceed array cardinality ' || len(x) || ': ' || n)
    WHEN n IS NOT NULL THEN x[:len(x) - n]
END;
CREATE MACRO athena_contains_sequence(x, sequence) AS CASE
    WHEN x IS NOT NULL AND sequence IS NOT NULL THEN len(sequence) = 0 OR list_contains(
        [x[i : i + len(sequence) - 1] IS NOT DISTINCT FROM sequence for i in range(1, len(x) - len(sequence) + 2)], true
    )
END;
CREATE MACRO athena_ngrams(x, n) AS CASE
    WHEN n <= 0 THEN sdk_invalid('N must be positive')
    WHEN n >= len(x) THEN [x]
    WHEN n IS NOT NULL THEN [x[i : i + n - 1] for i in range(1, len(x) - n + 2)]
END;
-- Athena's order: by the last element, then by the one before it.
CREATE MACRO sdk_combinations(count, n) AS list_reduce(
    range(1, n + 1),
    lambda found, i: flatten([
        [list_append(ids, last) for ids in found if len(ids) = 0 OR ids[-1] < last] for last in range(1, count + 1)
    ]),
    [CAST([] AS BIGINT[])]
);
CREATE MACRO sdk_combination_count(count, n) AS list_reduce(
    range(1, n + 1), lambda found, i: found * (count - n + i) // i, CAST(1 AS HUGEINT)
);
CREATE MACRO sdk_combines(count, n) AS n BETWEEN 0 AND 5 AND sdk_combination_count(count, least(n, 5)) * n <= 100000;
-- DuckDB also folds constants in branches that are not taken, so the size is 0 there.
CREATE MACRO athena_combinations(x, n) AS CASE
    WHEN n < 0 THEN sdk_invalid('combination size must not be negative: ' || n)
    WHEN n > 5 THEN sdk_invalid('combination size must not exceed 5: ' || n)
    WHEN NOT sdk_combines(len(x), n) THEN sdk_invalid('combinations exceed max size')
    WHEN x IS NOT NULL AND n IS NOT NULL
        THEN [[x[i] for i in ids] for ids in sdk_combinations(len(x), CASE WHEN sdk_combines(len(x), n) THEN n ELSE 0 END)]
END;
CREATE MACRO athena_shuffle(x) AS [e[2] for e in list_sort([row(random(), e) for e in x])];

CREATE MACRO sdk_all_keys(a, b) AS CASE
    WHEN a IS NOT NULL AND b IS NOT NULL THEN athena_array_distinct(list_concat(map_keys(a), map_keys(b)))
END;
CREATE MACRO sdk_multimap(pairs) AS map_from_entries([
    row(k, [pair[2] for pair in pairs if pair[1] = k]) for k in athena_array_distinct([pair[1] for pair in pairs])
]);
CREATE MACRO athena_multimap_from_entries(pairs) AS sdk_multimap(pairs);
CREATE MACRO sdk_dot_product(a, b) AS list_sum([a[k] * b[k] for k in map_keys(a) if map_contains(b, k)]);
CREATE MACRO sdk_norm(x) AS sqrt(list_sum([v * v for v in map_values(x)]));
CREATE MACRO athena_cosine_similarity(a, b) AS CASE
    WHEN NOT sdk_has_null(map_values(a)) AND NOT sdk_has_null(map_values(b))
        THEN coalesce(sdk_dot_product(a, b), 0e0) / nullif(sdk_norm(a) * sdk_norm(b), 0)
END;

-- Aggregates --------------------------------------------------------------------------------------------------------

CREATE MACRO sdk_counts(counts) AS CASE
    WHEN counts IS NOT NULL THEN map(map_keys(counts), [CAST(n AS BIGINT) for n in map_values(counts)])
END;
CREATE MACRO sdk_weight(w) AS CASE WHEN w <= 0 THEN sdk_invalid('weight must be > 0') ELSE CAST(w AS DOUBLE) END;
CREATE MACRO sdk_weighted(pairs) AS list_sort([p for p in pairs if p[1] IS NOT NULL AND sdk_weight(p[2]) IS NOT NULL]);
CREATE MACRO sdk_value_at(pairs, weight) AS list_reduce(
    pairs,
    lambda found, p: {
        'value': CASE WHEN found.weight < weight OR found.value IS NULL THEN p[1] ELSE found.value END,
        'weight': found.weight + p[2]
    },
    {'value': CASE WHEN false THEN pairs[1][1] END, 'weight': 0e0}
).value;
CREATE MACRO sdk_weighted_percentile(pairs, percentage) AS CASE
    WHEN percentage < 0 OR percentage > 1 THEN sdk_invalid('Percentile must be between 0 and 1')
    ELSE sdk_value_at(sdk_weighted(pairs), percentage * list_sum([p[2] for p in sdk_weighted(pairs)]))
END;
-- Trino rejects all other results of a comparator.
CREATE MACRO sdk_order(result) AS CASE
    WHEN result IN (-1, 0, 1) THEN result
    ELSE sdk_invalid('Lambda comparator must return either -1, 0, or 1')
END;
CREATE MACRO sdk_not_null(x) AS CASE WHEN list_count(x) > 0 THEN list_filter(x, lambda e: e IS NOT NULL) END;
CREATE MACRO sdk_append(x, e) AS CASE WHEN x IS NOT NULL THEN list_append(x, e) END;
CREATE MACRO sdk_prepend(e, x) AS CASE WHEN x IS NOT NULL THEN list_prepend(e, x) END;
CREATE MACRO sdk_finite(x) AS CASE WHEN isfinite(x) THEN x END;
CREATE MACRO sdk_skewness(adjusted, n) AS CASE WHEN n >= 3 THEN adjusted * (n - 2) / sqrt(CAST(n AS DOUBLE) * (n - 1)) END;
CREATE MACRO sdk_map_union(maps) AS list_reduce(sdk_not_null(maps), lambda a, b: map_concat(a, b));
CREATE MACRO sdk_multimap_of_keys(pairs) AS sdk_multimap(list_filter(pairs, lambda pair: pair[1] IS NOT NULL));
-- A null entry is either a null element or the result of a subscript out of range.
CREATE MACRO sdk_subscript(entry, x, i) AS CASE
    WHEN typeof(x) LIKE '%]' AND TRY_CAST(i AS BIGINT) < 0 THEN sdk_invalid('Array subscript is negative: ' || CAST(i AS VARCHAR))
    WHEN entry IS NOT NULL OR i IS NULL OR x IS NULL THEN entry
    WHEN typeof(x) LIKE '%]' AND TRY_CAST(i AS BIGINT) = 0 THEN sdk_invalid('SQL array indices start at 1')
    WHEN typeof(x) LIKE '%]' AND TRY_CAST(i AS BIGINT) > json_array_length(to_json(x))
        THEN sdk_invalid('Array subscript must be less than or equal to array length: ' || CAST(i AS VARCHAR) || ' > '
            || json_array_length(to_json(x)))
    WHEN typeof(x) LIKE 'MAP(%' AND NOT list_contains(json_keys(to_json(x)), CAST(i AS VARCHAR))
        THEN sdk_invalid('Key not present in map: ' || CAST(i AS VARCHAR))
    ELSE entry
END;
CREATE MACRO sdk_joined(x, delimiter) AS CASE
    WHEN delimiter IS NULL THEN NULL
    WHEN len(x) = 0 THEN ''
    ELSE array_to_string(x, delimiter)
END;
CREATE MACRO athena_array_join
    (x, delimiter) AS sdk_joined([sdk_to_varchar(e) for e in x if e IS NOT NULL], delimiter),
    (x, delimiter, missing) AS sdk_joined([coalesce(sdk_to_varchar(e), missing) for e in x], delimiter);
