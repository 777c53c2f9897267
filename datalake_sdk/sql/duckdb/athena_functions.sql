-- DuckDB macros with the semantics of Athena: athena_NAME implements the function NAME, sdk_NAME an operator, a cast or
-- a helper. Semantics: https://trino.io/docs/current/functions.html
-- Macros are overloaded by the number of parameters only, since the type of an aggregate is unknown when DuckDB resolves
-- an overload. typeof() and cast_to_type() are evaluated at bind time. Errors are raised by a cast of the message, since
-- TRY() does not allow error().

-- An expression of any type that fails; the message is that of a failed cast.
CREATE MACRO sdk_invalid(message) AS (CAST('INVALID_FUNCTION_ARGUMENT: ' || message AS "NULL"[]))[1];

-- Operators ---------------------------------------------------------------------------------------------------------

CREATE MACRO sdk_scale_of(x) AS coalesce(TRY_CAST(regexp_extract(typeof(x), '^DECIMAL\(\d+,(\d+)\)', 1) AS INTEGER), 0);

CREATE MACRO sdk_shifted_by_seconds(total, x) AS CASE
    WHEN typeof(x) = 'DATE' THEN sdk_invalid('Cannot add hour, minutes or seconds to a date')
    ELSE total
END;
CREATE MACRO sdk_subtract(a, b) AS CASE
    WHEN typeof(a) = 'DATE' AND typeof(b) = 'DATE'
        THEN sdk_invalid('subtraction of dates returns an interval: use date_diff')
    ELSE a - b
END;

-- Casts -------------------------------------------------------------------------------------------------------------

CREATE MACRO sdk_is_not_integer(x) AS typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+');
CREATE MACRO sdk_to_integer(x) AS CASE
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
    WHEN sdk_is_not_integer(x) THEN CAST(CAST(x AS VARCHAR) || ' (not an integer)' AS BIGINT)
    ELSE CAST(x AS BIGINT)
END;
CREATE MACRO sdk_try_integer(x) AS CASE
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
    WHEN sdk_is_not_integer(x) THEN NULL
    ELSE TRY_CAST(x AS BIGINT)
END;
-- Numbers -----------------------------------------------------------------------------------------------------------

CREATE MACRO athena_bitwise_and(a, b) AS a & b;
CREATE MACRO athena_bitwise_or(a, b) AS a | b;
CREATE MACRO athena_bitwise_xor(a, b) AS xor(a, b);
CREATE MACRO athena_bitwise_not(a) AS ~a;
CREATE MACRO athena_e() AS exp(1);
CREATE MACRO athena_infinity() AS CAST('inf' AS DOUBLE);
CREATE MACRO athena_nan() AS CAST('nan' AS DOUBLE);
CREATE MACRO athena_is_finite(x) AS isfinite(x);
CREATE MACRO athena_is_infinite(x) AS isinf(x);
CREATE MACRO athena_is_nan(x) AS isnan(x);
CREATE MACRO athena_rand() AS random();
CREATE MACRO athena_random() AS random(), (n) AS CASE
    WHEN n <= 0 THEN sdk_invalid('bound must be positive')
    ELSE CAST(floor(random() * n) AS BIGINT)
END;
CREATE MACRO athena_to_base(x, radix) AS CASE WHEN x < 0 THEN '-' ELSE '' END || lower(to_base(abs(x), radix));
-- ceil() and floor() of DuckDB return doubles for integers; round() keeps their type.
CREATE MACRO sdk_moved(rounded, step) AS cast_to_type(rounded + cast_to_type(step, rounded), rounded);
CREATE MACRO athena_ceil(x) AS sdk_moved(round(x), CASE WHEN round(x) < x THEN 1 ELSE 0 END);
CREATE MACRO athena_ceiling(x) AS sdk_moved(round(x), CASE WHEN round(x) < x THEN 1 ELSE 0 END);
CREATE MACRO athena_floor(x) AS sdk_moved(round(x), CASE WHEN round(x) > x THEN -1 ELSE 0 END);
CREATE MACRO athena_round(x) AS round(x), (x, digits) AS round(x, CAST(digits AS INTEGER));
CREATE MACRO athena_truncate
    (x) AS trunc(x),
    (x, digits) AS CASE
        WHEN typeof(x) LIKE 'DECIMAL%' THEN cast_to_type(trunc(x, digits), x)
        ELSE sdk_invalid('truncate() with a number of digits takes a decimal')
    END;

-- Strings -----------------------------------------------------------------------------------------------------------

-- https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/Character.html#isWhitespace(int)
CREATE MACRO sdk_is_ascii(x) AS strlen(x) = length(x);
CREATE MACRO sdk_ascii_blanks() AS ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29) || chr(30) || chr(31);
CREATE MACRO sdk_blanks() AS sdk_ascii_blanks() || array_to_string(list_transform(
    [5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8200, 8201, 8202, 8232, 8233, 8287, 12288], lambda code: chr(code)
), '');
CREATE MACRO athena_trim
    (x) AS CASE WHEN sdk_is_ascii(x) THEN trim(x, sdk_ascii_blanks()) ELSE trim(x, sdk_blanks()) END,
    (x, characters) AS trim(x, characters);
CREATE MACRO athena_ltrim
    (x) AS CASE WHEN sdk_is_ascii(x) THEN ltrim(x, sdk_ascii_blanks()) ELSE ltrim(x, sdk_blanks()) END,
    (x, characters) AS ltrim(x, characters);
CREATE MACRO athena_rtrim
    (x) AS CASE WHEN sdk_is_ascii(x) THEN rtrim(x, sdk_ascii_blanks()) ELSE rtrim(x, sdk_blanks()) END,
    (x, characters) AS rtrim(x, characters);
CREATE MACRO athena_chr(code) AS chr(CAST(code AS INTEGER));
CREATE MACRO athena_codepoint(x) AS CASE
    WHEN length(x) <> 1 THEN sdk_invalid('Input string must be a single character string')
    ELSE unicode(x)
END;
CREATE MACRO athena_hamming_distance(a, b) AS CASE
    WHEN length(a) <> length(b)
        THEN sdk_invalid('The input strings to hamming_distance function must have the same length')
    WHEN a IS NOT NULL AND b IS NOT NULL THEN list_count([true for i in range(length(a)) if substring(a, i + 1, 1) <> substring(b, i + 1, 1)])
END;
-- DuckDB compares bytes, so other characters are replaced by ASCII characters.
CREATE MACRO sdk_characters(x) AS list_distinct(string_split(x, ''));
CREATE MACRO sdk_to_ascii(x, characters) AS translate(
    x,
    array_to_string(characters, ''),
    array_to_string([chr(CAST(i AS INTEGER)) for i in range(1, len(characters) + 1)], '')
);
CREATE MACRO athena_levenshtein_distance(a, b) AS CASE
    WHEN sdk_is_ascii(a || b) THEN levenshtein(a, b)
    WHEN len(sdk_characters(a || b)) > 127
        THEN sdk_invalid('levenshtein_distance() of strings with more than 127 different characters')
    ELSE levenshtein(sdk_to_ascii(a, sdk_characters(a || b)), sdk_to_ascii(b, sdk_characters(a || b)))
END;
CREATE MACRO athena_normalize(x) AS nfc_normalize(x);
CREATE MACRO athena_replace
    (x, search) AS replace(x, search, ''),
    (x, search, replacement) AS CASE
        WHEN search = '' AND x = '' THEN replacement
        WHEN search = '' THEN replacement || array_to_string([c || replacement for c in string_split(x, '')], '')
        ELSE replace(x, search, replacement)
    END;
CREATE MACRO athena_length(x) AS CASE
    WHEN typeof(x) = 'BLOB' THEN octet_length(TRY_CAST(x AS BLOB))
    WHEN typeof(x) IN ('VARCHAR', 'JSON', '"NULL"') THEN length(CAST(x AS VARCHAR))
    ELSE sdk_invalid('length() takes a varchar or a varbinary')
END;
CREATE MACRO athena_reverse(x) AS CASE
    WHEN typeof(x) LIKE '%]' THEN cast_to_type([x[i] for i in range(len(x), 0, -1)], x)
    WHEN sdk_is_ascii(CAST(x AS VARCHAR)) THEN cast_to_type(reverse(CAST(x AS VARCHAR)), x)
    -- reverse() keeps the order of the code points of a grapheme.
    ELSE cast_to_type(array_to_string(list_reverse(string_split(CAST(x AS VARCHAR), '')), ''), x)
END;
CREATE MACRO sdk_first_parts(parts, delimiter, n) AS CASE
    WHEN n <= 0 THEN sdk_invalid('Limit must be positive')
    WHEN len(parts) <= n THEN parts
    ELSE list_append(parts[:n - 1], array_to_string(parts[n:], delimiter))
END;
CREATE MACRO sdk_check_delimiter(delimiter) AS CASE
    WHEN delimiter = '' THEN sdk_invalid('The delimiter may not be the empty string')
    ELSE delimiter
END;
CREATE MACRO athena_split
    (x, delimiter) AS string_split(x, sdk_check_delimiter(delimiter)),
    (x, delimiter, n) AS sdk_first_parts(string_split(x, sdk_check_delimiter(delimiter)), delimiter, n);
CREATE MACRO athena_split_part(x, delimiter, position) AS CASE
    WHEN position < 1 THEN sdk_invalid('Index must be greater than zero')
    WHEN delimiter = '' THEN nullif(substring(x, position, 1), '')
    WHEN position <= len(string_split(x, delimiter)) THEN split_part(x, delimiter, position)
END;
CREATE MACRO sdk_starts_outside(x, start) AS (start = 0 OR start < -length(x)) AND x IS NOT NULL;
CREATE MACRO athena_substr
    (x, start) AS CASE WHEN sdk_starts_outside(x, start) THEN '' ELSE substring(x, start) END,
    (x, start, characters) AS CASE
        WHEN sdk_starts_outside(x, start) AND characters IS NOT NULL THEN ''
        ELSE substring(x, start, greatest(characters, 0 * characters))
    END;
CREATE MACRO athena_regexp_like(x, pattern) AS regexp_matches(x, pattern);
CREATE MACRO athena_regexp_count(x, pattern) AS len(regexp_extract_all(x, pattern));
CREATE MACRO athena_regexp_extract
    (x, pattern) AS CASE WHEN regexp_matches(x, pattern) THEN regexp_extract(x, pattern) END,
    (x, pattern, capture) AS regexp_extract_all(x, pattern, CAST(capture AS INTEGER))[1];
CREATE MACRO athena_regexp_extract_all
    (x, pattern) AS regexp_extract_all(x, pattern),
    (x, pattern, capture) AS regexp_extract_all(x, pattern, CAST(capture AS INTEGER));
CREATE MACRO sdk_matches_empty(pattern) AS
    regexp_matches('', pattern) OR (regexp_matches('a', pattern) AND regexp_extract('a', pattern) = '');
CREATE MACRO athena_regexp_replace
    (x, pattern) AS regexp_replace(x, pattern, '', 'g'),
    (x, pattern, replacement) AS CASE
        -- DuckDB replaces no empty match after another match.
        WHEN replacement <> '' AND sdk_matches_empty(pattern) AND list_unique([m <> '' for m in regexp_extract_all(x, pattern)]) > 1
            THEN sdk_invalid('regexp_replace() with matches of the empty string and others is not supported')
        WHEN regexp_matches(replacement, '\\|\$\{') THEN sdk_invalid('regexp_replace takes $1 in a replacement, not ${name} or \')
        ELSE regexp_replace(x, pattern, regexp_replace(replacement, '\$(\d)', '\\\1', 'g'), 'g')
    END;
CREATE MACRO athena_regexp_split(x, pattern) AS CASE
    WHEN pattern = '' THEN list_concat([''], CASE WHEN x = '' THEN [] ELSE string_split(x, '') END, [''])
    WHEN sdk_matches_empty(pattern)
        THEN sdk_invalid('regexp_split() with a pattern that matches the empty string is not supported')
    ELSE string_split_regex(x, pattern)
END;
CREATE MACRO sdk_check_padding(size, padding) AS CASE
    WHEN size < 0 THEN sdk_invalid('Target length must be in the range [0..2147483647]')
    WHEN padding = '' THEN sdk_invalid('Padding string must not be empty')
    ELSE CAST(size AS INTEGER)
END;
CREATE MACRO athena_lpad(x, size, padding) AS lpad(x, sdk_check_padding(size, padding), padding);
CREATE MACRO athena_rpad(x, size, padding) AS rpad(x, sdk_check_padding(size, padding), padding);
-- Each character maps to one character, but the uppercase of 'ß' has two. U+E000 is a private-use code point.
CREATE MACRO athena_upper(x) AS CASE
    WHEN contains(x, 'ß') THEN replace(upper(replace(x, 'ß', chr(57344))), chr(57344), 'ß')
    ELSE upper(x)
END;

-- Binary ------------------------------------------------------------------------------------------------------------

CREATE MACRO athena_from_hex(x) AS CASE
    WHEN length(x) % 2 = 1 THEN sdk_invalid('Expected input to have an even number of digits')
    ELSE unhex(x)
END;
CREATE MACRO athena_to_hex(x) AS hex(x);
CREATE MACRO athena_from_utf8(x) AS decode(x);
CREATE MACRO athena_to_utf8(x) AS encode(x);
CREATE MACRO athena_md5(x) AS unhex(md5(x));
CREATE MACRO athena_sha1(x) AS unhex(sha1(x));
CREATE MACRO athena_sha256(x) AS unhex(sha256(x));

-- Dates and times ---------------------------------------------------------------------------------------------------

CREATE MACRO sdk_interval(unit, n) AS CASE lower(unit)
    WHEN 'millisecond' THEN to_milliseconds(n)
    WHEN 'second' THEN to_seconds(n)
    WHEN 'minute' THEN to_minutes(n)
    WHEN 'hour' THEN to_hours(n)
    WHEN 'day' THEN to_days(CAST(n AS INTEGER))
    WHEN 'week' THEN to_weeks(CAST(n AS INTEGER))
    WHEN 'month' THEN to_months(CAST(n AS INTEGER))
    WHEN 'quarter' THEN to_months(3 * CAST(n AS INTEGER))
    WHEN 'year' THEN to_years(CAST(n AS INTEGER))
    ELSE sdk_invalid(unit || ' is not a unit of time')
END;
CREATE MACRO athena_date_add(unit, n, x) AS CASE
    WHEN typeof(x) = 'DATE' AND lower(unit) IN ('millisecond', 'second', 'minute', 'hour')
        THEN sdk_invalid('a date has no ' || unit)
    ELSE cast_to_type(x + sdk_interval(unit, n), x)
END;
CREATE MACRO sdk_check_date_unit(unit, a, b) AS CASE
    WHEN typeof(a) = 'DATE' AND typeof(b) = 'DATE' AND lower(unit) IN ('millisecond', 'second', 'minute', 'hour')
        THEN sdk_invalid(unit || ' is not a valid DATE field')
    ELSE unit
END;
CREATE MACRO athena_date_diff(unit, a, b) AS date_sub(sdk_check_date_unit(unit, a, b), a, b);
CREATE MACRO athena_date_trunc(unit, x) AS cast_to_type(date_trunc(sdk_check_date_unit(unit, x, x), x), x);
CREATE MACRO athena_day_of_month(x) AS day(x);
CREATE MACRO athena_day_of_week(x) AS isodow(x);
CREATE MACRO athena_dow(x) AS isodow(x);
CREATE MACRO athena_day_of_year(x) AS dayofyear(x);
CREATE MACRO athena_doy(x) AS dayofyear(x);
CREATE MACRO athena_last_day_of_month(x) AS last_day(x);
CREATE MACRO athena_millisecond(x) AS millisecond(x) % 1000;
CREATE MACRO athena_week(x) AS weekofyear(x);
CREATE MACRO athena_week_of_year(x) AS weekofyear(x);
CREATE MACRO athena_year_of_week(x) AS isoyear(x);
CREATE MACRO athena_yow(x) AS isoyear(x);
CREATE MACRO sdk_check_iso(x, pattern) AS CASE
    WHEN regexp_full_match(x, '[+-]?\d{4,}-\d{1,2}-\d{1,2}' || pattern) OR x IS NULL THEN x
    ELSE sdk_invalid('Invalid format: ' || x)
END;
CREATE MACRO athena_from_iso8601_date(x) AS CAST(sdk_check_iso(x, '') AS DATE);
CREATE MACRO athena_from_iso8601_timestamp(x) AS date_trunc('millisecond', CAST(
    sdk_check_iso(x, '(?:T\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?') AS TIMESTAMPTZ
));
CREATE MACRO athena_from_unixtime(x) AS CAST(epoch_ms(CAST(floor(x * 1e3 + 0.5) AS BIGINT)) AS TIMESTAMPTZ);
CREATE MACRO athena_to_unixtime(x) AS epoch(x);
CREATE MACRO athena_current_timezone() AS 'UTC';

-- Arrays and maps ---------------------------------------------------------------------------------------------------

CREATE MACRO sdk_has_null(x) AS list_count(x) < len(x);
CREATE MACRO sdk_any_true(x) AS CASE WHEN list_contains(x, true) THEN true WHEN NOT sdk_has_null(x) THEN false END;
CREATE MACRO sdk_all_true(x) AS CASE WHEN list_contains(x, false) THEN false WHEN NOT sdk_has_null(x) THEN true END;
CREATE MACRO athena_array_distinct(x) AS list_filter(x, lambda e, i: list_position(x, e) = i);
CREATE MACRO athena_array_except(a, b) AS CASE
    WHEN b IS NOT NULL THEN list_filter(athena_array_distinct(a), lambda e: list_position(b, e) IS NULL)
END;
CREATE MACRO athena_array_intersect(a, b) AS CASE
    WHEN b IS NOT NULL THEN list_filter(athena_array_distinct(a), lambda e: list_position(b, e) IS NOT NULL)
END;
CREATE MACRO athena_array_union(a, b) AS CASE
    WHEN a IS NOT NULL AND b IS NOT NULL THEN athena_array_distinct(list_concat(a, b))
END;
CREATE MACRO athena_array_max(x) AS CASE WHEN NOT sdk_has_null(x) THEN coalesce(list_max([e for e in x if NOT sdk_is_nan(e)]), list_max(x)) END;
CREATE MACRO athena_array_min(x) AS CASE WHEN NOT sdk_has_null(x) THEN list_min(x) END;
CREATE MACRO athena_array_position(x, e) AS CASE
    WHEN x IS NOT NULL AND e IS NOT NULL THEN coalesce(list_position(x, e), 0)
END;
CREATE MACRO athena_array_remove(x, removed) AS CASE
    WHEN removed IS NOT NULL THEN list_filter(x, lambda e: e IS DISTINCT FROM removed)
END;
CREATE MACRO athena_arrays_overlap(a, b) AS CASE
    WHEN list_has_any(a, b) THEN true
    WHEN len(a) = 0 OR len(b) = 0 OR NOT (sdk_has_null(a) OR sdk_has_null(b)) THEN false
END;
CREATE MACRO athena_cardinality(x) AS CASE
    WHEN typeof(x) LIKE 'MAP(%' THEN cardinality(TRY_CAST(x AS MAP(VARCHAR, VARCHAR)))
    ELSE len(TRY_CAST(x AS VARCHAR[]))
END;
CREATE MACRO athena_contains(x, e) AS CASE
    WHEN list_contains(x, e) THEN true
    WHEN NOT sdk_has_null(x) AND e IS NOT NULL THEN false
END;
CREATE MACRO athena_element_at(x, e) AS CASE
    WHEN typeof(x) LIKE '%]' AND TRY_CAST(e AS BIGINT) = 0 THEN sdk_invalid('SQL array indices start at 1')
    ELSE x[e]
END;
CREATE MACRO athena_map_agg(k, v) AS map(list(k) FILTER (WHERE k IS NOT NULL), list(v) FILTER (WHERE k IS NOT NULL));
CREATE MACRO athena_repeat(e, n) AS CASE
    WHEN n < 0 THEN sdk_invalid('count argument of repeat function must be greater than or equal to 0')
    WHEN n > 10000 THEN sdk_invalid('count argument of repeat function must be less than or equal to 10000')
    ELSE [e for i in range(CASE WHEN n > 10000 THEN 0 ELSE n END)]
END;
CREATE MACRO sdk_sequence_entries(entries) AS CASE
    WHEN len(entries) > 10000
    THEN sdk_invalid('result of sequence function must not have more than 10000 entries')
    WHEN len(entries) = 0
    THEN sdk_invalid('sequence step must not be zero and must lead from the start value to the stop value')
    ELSE entries
END;
CREATE MACRO sdk_sequence_end(a, b, step) AS list_transform(
    [struct_pack(first := a, last := b, step := step)],
    lambda x: CASE
        WHEN (x.step > x.step - x.step) = (x.last > TRY(x.first + TRY(x.step * 10000)))
        THEN TRY(x.first + TRY(x.step * 10000))
        ELSE x.last
    END
)[1];
CREATE MACRO athena_sequence
    (a, b) AS sdk_sequence_entries(
        [cast_to_type(a + CAST(i * sign(b - a) AS INTEGER), a) for i in range(CASE WHEN abs(b - a) > 10000 THEN 10000 ELSE abs(b - a) END + 1)]
    ),
    (a, b, step) AS sdk_sequence_entries(
        cast_to_type(generate_series(a, sdk_sequence_end(a, b, step), step), [a])
    );
CREATE MACRO sdk_months(step) AS 12 * date_part('year', step) + date_part('month', step);
CREATE MACRO sdk_month_sequence(a, b, step) AS sdk_sequence_entries([
    cast_to_type(a + to_months(CAST(i * sdk_months(step) AS INTEGER)), a)
    for i in range(CASE
        WHEN a = b OR (a < b) = (sdk_months(step) > 0)
            THEN least(date_sub('month', a, b) // nullif(sdk_months(step), 0) + 1, 10001)
        ELSE 0
    END)
]);
CREATE MACRO athena_slice(x, start, length) AS CASE
    WHEN length < 0 THEN sdk_invalid('length must be greater than or equal to 0')
    WHEN start = 0 THEN sdk_invalid('SQL array indices start at 1')
    WHEN start < -len(x) THEN list_slice(x, 1, 0)
    WHEN start > 0 THEN list_slice(x, start, start + length - 1)
    ELSE list_slice(x, start, least(start + length - 1, -1))
END;
