-- JSON. Conventions: athena_functions.sql.

CREATE MACRO sdk_valid_json(x) AS CASE WHEN json_valid(x) THEN x END;
CREATE MACRO sdk_json_elements(x) AS CAST(
    CASE WHEN json_type(sdk_valid_json(x)) = 'ARRAY' THEN json_extract(x, '$[*]') END AS JSON[]
);
CREATE MACRO sdk_json_strings(x) AS [e ->> '$' for e in sdk_json_elements(x) if json_type(e) = 'VARCHAR'];
CREATE MACRO sdk_json_booleans(x) AS [CAST(e AS VARCHAR) for e in sdk_json_elements(x) if json_type(e) = 'BOOLEAN'];
CREATE MACRO sdk_json_integers(x) AS [
    TRY_CAST(CAST(e AS VARCHAR) AS BIGINT) for e in sdk_json_elements(x) if json_type(e) IN ('BIGINT', 'UBIGINT')
];
CREATE MACRO sdk_json_doubles(x) AS [
    TRY_CAST(CAST(e AS VARCHAR) AS DOUBLE) for e in sdk_json_elements(x)
    if json_type(e) = 'DOUBLE' AND NOT regexp_full_match(CAST(e AS VARCHAR), '-?\d+')
];
CREATE MACRO athena_json_array_contains(x, e) AS CASE
    WHEN typeof(e) = 'VARCHAR' THEN list_contains(sdk_json_strings(x), CAST(e AS VARCHAR))
    WHEN typeof(e) = 'BOOLEAN' THEN list_contains(sdk_json_booleans(x), CAST(e AS VARCHAR))
    WHEN typeof(e) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT')
        THEN list_contains(sdk_json_integers(x), TRY_CAST(e AS BIGINT))
    WHEN typeof(e) IN ('FLOAT', 'DOUBLE') OR typeof(e) LIKE 'DECIMAL%' THEN CASE
        WHEN isfinite(TRY_CAST(e AS DOUBLE)) THEN list_contains(sdk_json_doubles(x), TRY_CAST(e AS DOUBLE))
        WHEN x IS NOT NULL AND e IS NOT NULL THEN false
    END
END;
CREATE MACRO athena_json_array_get(x, i) AS CASE
    WHEN i >= 0 THEN sdk_json_elements(x)[i + 1] ->> '$'
    ELSE sdk_json_elements(x)[i] ->> '$'
END;
CREATE MACRO athena_json_size(x, path) AS CASE json_type(sdk_valid_json(x), path)
    WHEN 'ARRAY' THEN CAST(json_array_length(sdk_valid_json(x), path) AS BIGINT)
    WHEN 'OBJECT' THEN CAST(len(json_keys(sdk_valid_json(x), path)) AS BIGINT)
    ELSE CASE WHEN json_type(sdk_valid_json(x), path) IS NOT NULL THEN CAST(0 AS BIGINT) END
END;
CREATE MACRO athena_is_json_scalar(x) AS CASE
    WHEN NOT json_valid(x) THEN sdk_invalid('Invalid JSON value: ' || x)
    ELSE json_type(x) NOT IN ('ARRAY', 'OBJECT')
END;
CREATE MACRO athena_json_array_length(x) AS CASE WHEN json_type(sdk_valid_json(x)) = 'ARRAY' THEN json_array_length(x) END;
CREATE MACRO athena_json_extract(x, path) AS CASE WHEN json_valid(x) THEN x -> path END;
-- Athena keeps the digits of the document, whereas DuckDB reformats some numbers; few documents contain such numbers.
CREATE MACRO sdk_may_shorten(json) AS regexp_matches(json, '\.\d+0(?:\D|$)|\d[eE]|\d{16}|0\.0000');
CREATE MACRO sdk_json_number
    (json, path) AS CASE WHEN sdk_may_shorten(json) THEN python_json_number(json, path) ELSE json ->> path END,
    -- The pattern is unambiguous if it matches one member and the document has no escape sequences.
    (json, path, pattern) AS CASE
        WHEN NOT sdk_may_shorten(json) THEN json ->> path
        WHEN NOT contains(json, '\') AND len(regexp_extract_all(json, pattern, 1)) = 1
            THEN regexp_extract(json, pattern, 1)
        ELSE python_json_number(json, path)
    END;
CREATE MACRO sdk_json_scalar
    (x, path) AS CASE
        WHEN json_type(sdk_valid_json(x), path) IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'BOOLEAN') THEN x ->> path
        WHEN json_type(sdk_valid_json(x), path) = 'DOUBLE' THEN sdk_json_number(CAST(x AS VARCHAR), path)
    END,
    (x, path, pattern) AS CASE
        WHEN json_type(sdk_valid_json(x), path) IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'BOOLEAN') THEN x ->> path
        WHEN json_type(sdk_valid_json(x), path) = 'DOUBLE' THEN sdk_json_number(CAST(x AS VARCHAR), path, pattern)
    END;
CREATE MACRO athena_json_format(x) AS CAST(x AS VARCHAR);
CREATE MACRO athena_json_parse(x) AS CASE
    WHEN regexp_matches(CAST(x AS VARCHAR), '[{.eE]') OR NOT json_valid(x)
        THEN CAST(python_canonical_json(CAST(x AS VARCHAR)) AS JSON)
    ELSE json(x)
END;
CREATE MACRO sdk_to_json(x) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN typeof(x) IN ('BIGINT', 'BOOLEAN', 'INTEGER', 'JSON', 'SMALLINT', 'TINYINT', 'VARCHAR') THEN to_json(x)
    ELSE CAST(python_typed_json(CAST(to_json(x) AS VARCHAR), typeof(x)) AS JSON)
END;
CREATE MACRO sdk_json_item(x) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN typeof(x) IN ('VARCHAR', 'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT') THEN CAST(to_json(x) AS VARCHAR)
    WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(x AS VARCHAR)
    WHEN typeof(x) = 'DOUBLE' THEN python_java_double(TRY_CAST(x AS DOUBLE))
    WHEN typeof(x) IN ('DATE', 'UUID') THEN '"' || CAST(x AS VARCHAR) || '"'
    ELSE sdk_invalid('a JSON value of this type is not supported: CAST it to varchar')
END;
CREATE MACRO sdk_json_key(x) AS CASE
    WHEN x IS NULL THEN sdk_invalid('null value passed for JSON object key to JSON_OBJECT function')
    ELSE CAST(to_json(CAST(x AS VARCHAR)) AS VARCHAR) || ':'
END;
