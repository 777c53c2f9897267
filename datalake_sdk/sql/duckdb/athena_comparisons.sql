-- Comparisons: https://trino.io/docs/current/functions/comparison.html

CREATE MACRO sdk_is_float(x) AS typeof(x) IN ('DOUBLE', 'FLOAT');
CREATE MACRO sdk_is_nan(x) AS coalesce(isnan(TRY_CAST(x AS DOUBLE)), false);
CREATE MACRO sdk_unless_nan(comparison, larger) AS CASE
    WHEN sdk_is_float(larger) THEN comparison AND NOT isnan(TRY_CAST(larger AS DOUBLE))
    ELSE comparison
END;
CREATE MACRO sdk_not_nan(x) AS CASE WHEN sdk_is_float(x) AND sdk_is_nan(x) THEN NULL ELSE x END;

-- Arrays and rows are equal if all elements are equal, not equal if one differs; otherwise nulls make the result null.
CREATE MACRO sdk_json_has_null(json) AS
    contains(regexp_replace(json, '"(?:[^"\\]|\\.)*"', '', 'g'), 'null');
CREATE MACRO sdk_has_inner_null(x) AS sdk_json_has_null(CAST(to_json(x) AS VARCHAR));
CREATE MACRO sdk_elements(x) AS CAST(
    json_extract(to_json(x), CASE WHEN typeof(x) LIKE 'STRUCT%' AND NOT typeof(x) LIKE '%]' THEN '$.*' ELSE '$[*]' END)
    AS VARCHAR[]
);
CREATE MACRO sdk_differing(a, b) AS [pair for pair in list_zip(a, b) if pair[1] <> 'null' AND pair[2] <> 'null' AND pair[1] <> pair[2]];
CREATE MACRO sdk_equal_elements(a, b) AS CASE
    WHEN len(a) <> len(b) THEN false
    WHEN len([pair for pair in sdk_differing(a, b) if NOT sdk_json_has_null(pair[1] || pair[2])]) > 0 THEN false
    WHEN len(sdk_differing(a, b)) > 0
        THEN sdk_invalid('cannot compare arrays or rows with nulls nested two levels deep')
END;
CREATE MACRO sdk_equal_nested(a, b) AS CASE
    WHEN a = b THEN CASE WHEN NOT sdk_has_inner_null(a) THEN true END
    WHEN NOT (sdk_has_inner_null(a) OR sdk_has_inner_null(b)) THEN a = b
    ELSE sdk_equal_elements(sdk_elements(a), sdk_elements(b))
END;
-- The order of entries does not matter for the equality of maps.
CREATE MACRO sdk_entries(x) AS list_sort(map_entries(TRY_CAST(to_json(x) AS MAP(VARCHAR, VARCHAR))));
CREATE MACRO sdk_equal_entries(a, b) AS CASE
    WHEN [e.key for e in a] <> [e.key for e in b] THEN false
    WHEN list_contains([pair[1].value <> pair[2].value for pair in list_zip(a, b)], true) THEN false
    WHEN len([e for e in a if e.value IS NULL]) + len([e for e in b if e.value IS NULL]) = 0 THEN true
END;
CREATE MACRO sdk_equal_maps(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN typeof(a) <> typeof(b) AND NOT contains(typeof(a) || typeof(b), '"NULL"')
        THEN sdk_invalid('cannot compare maps of different types')
    ELSE sdk_equal_entries(sdk_entries(a), sdk_entries(b))
END;
CREATE MACRO sdk_equal(a, b) AS CASE
    WHEN sdk_is_float(a) OR sdk_is_float(b) THEN a = b AND NOT sdk_is_nan(a)
    WHEN typeof(a) LIKE '%]' OR typeof(a) LIKE 'STRUCT%' OR typeof(a) LIKE 'TUPLE%' THEN sdk_equal_nested(a, b)
    WHEN typeof(a) LIKE 'MAP(%' THEN sdk_equal_maps(a, b)
    ELSE a = b
END;
-- Keys must be comparable, so they must not contain nulls.
CREATE MACRO athena_map
    () AS map(),
    (keys, vals) AS CASE
        WHEN regexp_matches(typeof(keys), '[\])]\[\]$') AND sdk_has_inner_null(keys)
            THEN sdk_invalid('map key cannot be indeterminate')
        ELSE map(keys, vals)
    END;
