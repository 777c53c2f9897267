-- Strings and times. Conventions: athena_functions.sql.

CREATE MACRO athena_index(x, substring) AS strpos(x, substring);
-- Matches the characters before an occurrence: a lazy prefix ends where the leftmost match begins. RE2 may shorten earlier
-- matches to find more of them, so the caller compares the number of matches.
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
CREATE MACRO sdk_formatted(specifier, x) AS python_java_format(
    specifier, CASE WHEN x IS NULL THEN 'NULL' ELSE typeof(x) END, coalesce(CAST(x AS VARCHAR), '')
);

-- DuckDB types have no varchar length or timestamp precision, and decimal results have other types than in Athena.
CREATE MACRO sdk_type_name(x) AS CASE x
    WHEN 'BOOLEAN' THEN 'boolean'
    WHEN 'TINYINT' THEN 'tinyint'
    WHEN 'SMALLINT' THEN 'smallint'
    WHEN 'INTEGER' THEN 'integer'
    WHEN 'BIGINT' THEN 'bigint'
    WHEN 'FLOAT' THEN 'real'
    WHEN 'DOUBLE' THEN 'double'
    WHEN 'DATE' THEN 'date'
    WHEN 'BLOB' THEN 'varbinary'
    WHEN 'JSON' THEN 'json'
    WHEN 'UUID' THEN 'uuid'
    WHEN '"NULL"' THEN 'unknown'
    ELSE sdk_invalid('typeof() of strings, times, decimals and nested types is not supported')
END;
CREATE MACRO athena_typeof(x) AS CASE
    WHEN typeof(x) LIKE '%[]' AND typeof(x) NOT LIKE '%[][]' AND typeof(x) NOT LIKE '%(%'
        THEN 'array(' || sdk_type_name(left(typeof(x), -2)) || ')'
    ELSE sdk_type_name(typeof(x))
END;

-- Offset of a time zone: local time minus UTC.
CREATE MACRO sdk_offset(local, moment) AS CASE
    WHEN typeof(moment) LIKE '%TIME ZONE' THEN CAST(round((epoch(local) - epoch(moment)) / 60) AS BIGINT)
    ELSE sdk_invalid('a timestamp without time zone has no offset')
END;
CREATE MACRO sdk_timezone_hour(local, moment) AS sdk_offset(local, moment) // 60;
CREATE MACRO sdk_timezone_minute(local, moment) AS sdk_offset(local, moment) % 60;
