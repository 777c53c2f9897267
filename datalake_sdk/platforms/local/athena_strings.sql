-- Strings and times: what Athena's functions mean in DuckDB. Conventions: athena_functions.sql.

CREATE MACRO athena_index(x, substring) AS strpos(x, substring);
-- The characters before the match: a lazy prefix ends where the leftmost match begins. RE2 may find more matches by
-- making earlier ones shorter, which a search of one after the other does not: so these are counted.
CREATE MACRO sdk_before_match(x, pattern, start, occurrence) AS
    '(?s)^(.{' || start - 1 || '}(?:.*?(?:' || pattern || ')){' || occurrence - 1 || '}.*?)(?:' || pattern || ')';
CREATE MACRO sdk_match_position(x, pattern, start, occurrence) AS CASE
    WHEN start < 1 THEN sdk_invalid('start position cannot be smaller than 1')
    WHEN occurrence < 1 THEN sdk_invalid('occurrence cannot be smaller than 1')
    WHEN start > length(x) THEN -1
    WHEN len(regexp_extract_all(substring(x, start), pattern)) >= occurrence
        AND regexp_matches(x, sdk_before_match(x, pattern, start, occurrence))
        THEN CAST(length(regexp_extract(x, sdk_before_match(x, pattern, start, occurrence), 1)) + 1 AS INTEGER)
    WHEN x IS NOT NULL AND pattern IS NOT NULL AND start IS NOT NULL AND occurrence IS NOT NULL THEN -1
END;
CREATE MACRO athena_regexp_position
    (x, pattern) AS sdk_match_position(x, pattern, 1, 1),
    (x, pattern, start) AS sdk_match_position(x, pattern, start, 1),
    (x, pattern, start, occurrence) AS sdk_match_position(x, pattern, start, occurrence);

CREATE MACRO athena_parse_duration(x) AS to_microseconds(python_duration(x));
CREATE MACRO athena_to_milliseconds(x) AS epoch_ms(x);
CREATE MACRO athena_to_iso8601(x) AS CASE
    WHEN typeof(x) LIKE '%TIME ZONE%' THEN sdk_invalid('to_iso8601() of a timestamp with time zone is not supported')
    WHEN typeof(x) = 'DATE' OR typeof(x) LIKE 'TIMESTAMP%' THEN replace(sdk_to_varchar(x), ' ', 'T')
    ELSE sdk_invalid('to_iso8601() takes a date or a timestamp')
END;
