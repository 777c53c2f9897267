-- Casts to times and to varchar.

CREATE MACRO sdk_round_half_up(n, unit) AS (n + unit // 2) - ((n + unit // 2) % unit + unit) % unit;
CREATE MACRO sdk_round_timestamp(x, unit) AS make_timestamp(sdk_round_half_up(epoch_us(x), unit));
CREATE MACRO sdk_round_moment(x, unit) AS CAST(sdk_round_timestamp(x, unit) AS TIMESTAMPTZ);
-- The sum wraps around at midnight, as in Athena.
CREATE MACRO sdk_round_time(x, unit) AS TIME '00:00:00' + to_microseconds(sdk_round_half_up(epoch_us(x), unit));

-- Hour 12 without AM or PM is the hour after midnight; two-digit years range from 1970 to 2069.
CREATE MACRO sdk_to_midnight_hour(x) AS CASE WHEN hour(x) = 12 THEN x - INTERVAL 12 HOUR ELSE x END;
CREATE MACRO sdk_to_pivot_year(x) AS CASE WHEN year(x) < 1970 THEN x + INTERVAL 100 YEAR ELSE x END;

-- DuckDB's names for time zones; an offset is named 'GMT+02:00'.
CREATE MACRO sdk_zone(name) AS CASE
    WHEN regexp_matches(name, '^[+-]') THEN 'GMT' || name
    WHEN name IN ('Z', '') THEN 'UTC'
    ELSE name
END;
CREATE MACRO sdk_zone_of_string(x) AS CASE
    WHEN typeof(x) = 'VARCHAR'
        THEN trim(regexp_extract(CAST(x AS VARCHAR), '\d\s*(Z|[+-]\d\d:\d\d|\s[A-Za-z][\w/+-]*)$', 1))
    ELSE 'UTC'
END;

-- Scientific notation, from the integer digits, fractional digits and exponent of DuckDB's varchar.
CREATE MACRO sdk_mantissa(digits) AS
    left(digits, 1) || '.' || CASE WHEN length(digits) > 1 THEN substring(digits, 2) ELSE '0' END;
CREATE MACRO sdk_scientific(whole, fraction, exponent) AS
    sdk_mantissa(trim(whole || fraction, '0')) || 'E'
    || (exponent + length(whole) - 1 - length(whole || fraction) + length(ltrim(whole || fraction, '0')));
CREATE MACRO sdk_exponent_of(x) AS CASE WHEN contains(x, 'e') THEN CAST(split_part(x, 'e', 2) AS INTEGER) ELSE 0 END;
CREATE MACRO sdk_scientific_of_plain(digits, whole) AS
    sdk_mantissa(trim(digits, '0')) || 'E' || (whole - 1 - length(digits) + length(ltrim(digits, '0')));
CREATE MACRO sdk_unsigned_scientific(x) AS CASE
    WHEN contains(x, '.') AND x <> '0.0' AND NOT contains(x, 'e')
        THEN sdk_scientific_of_plain(replace(x, '.', ''), strpos(x, '.') - 1)
    WHEN x = 'nan' THEN 'NaN'
    WHEN x = 'inf' THEN 'Infinity'
    WHEN x = '0.0' THEN '0E0'
    ELSE sdk_scientific(split_part(split_part(x, 'e', 1), '.', 1), split_part(split_part(x, 'e', 1), '.', 2), sdk_exponent_of(x))
END;
CREATE MACRO sdk_scientific_notation(x) AS
    CASE WHEN starts_with(x, '-') AND x <> '-nan' THEN '-' ELSE '' END || sdk_unsigned_scientific(ltrim(x, '-'));

-- Fast path for absolute values from 1 to 10^7: the integer part determines the exponent, and DuckDB formats once per row.
CREATE MACRO sdk_integer_part(x) AS CAST(TRY_CAST(trunc(x) AS BIGINT) AS VARCHAR);
CREATE MACRO sdk_scientific_notation_of_common(x) AS CASE
    WHEN x < 10 THEN CAST(x AS VARCHAR) || 'E0'
    WHEN x = trunc(x) THEN sdk_mantissa(rtrim(sdk_integer_part(x), '0')) || 'E' || (length(sdk_integer_part(x)) - 1)
    ELSE concat(
        left(sdk_integer_part(x), 1), '.', replace(substring(CAST(x AS VARCHAR), 2), '.', ''),
        'E', length(sdk_integer_part(x)) - 1
    )
END;
CREATE MACRO sdk_double_to_varchar(x) AS CASE
    WHEN x >= 1 AND x < 10000000 THEN sdk_scientific_notation_of_common(x)
    WHEN x <= -1 AND x > -10000000 THEN '-' || sdk_scientific_notation_of_common(-x)
    ELSE sdk_scientific_notation(CAST(x AS VARCHAR))
END;

CREATE MACRO sdk_fraction_digits(x, digits) AS CASE WHEN digits = 0 THEN left(x, length(x) - 7) ELSE left(x, length(x) - 6 + digits) END;
CREATE MACRO sdk_timestamp_to_varchar(x, digits) AS CASE digits
    WHEN 6 THEN strftime(x, '%Y-%m-%d %H:%M:%S.%f')
    WHEN 3 THEN strftime(x, '%Y-%m-%d %H:%M:%S.%g')
    WHEN 0 THEN strftime(x, '%Y-%m-%d %H:%M:%S')
    ELSE sdk_fraction_digits(strftime(x, '%Y-%m-%d %H:%M:%S.%f'), digits)
END;
CREATE MACRO sdk_time_to_varchar(x, digits) AS sdk_fraction_digits(rpad(x || CASE WHEN contains(x, '.') THEN '' ELSE '.' END, 15, '0'), digits);
CREATE MACRO sdk_json_to_varchar(text, type) AS CASE
    WHEN type = 'DOUBLE' AND regexp_matches(text, '[.eE]') THEN sdk_scientific_notation(CAST(TRY_CAST(text AS DOUBLE) AS VARCHAR))
    ELSE text
END;
CREATE MACRO sdk_to_varchar
    (x) AS CASE typeof(x)
        WHEN 'JSON' THEN sdk_json_to_varchar(TRY_CAST(x AS JSON) ->> '$', json_type(TRY_CAST(x AS JSON)))
        WHEN 'DOUBLE' THEN sdk_double_to_varchar(TRY_CAST(x AS DOUBLE))
        WHEN 'FLOAT' THEN sdk_double_to_varchar(TRY_CAST(x AS FLOAT))
        WHEN 'TIMESTAMP_MS' THEN sdk_timestamp_to_varchar(TRY_CAST(x AS TIMESTAMP), 3)
        WHEN 'TIMESTAMP' THEN sdk_timestamp_to_varchar(TRY_CAST(x AS TIMESTAMP), 6)
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN sdk_timestamp_to_varchar(TRY_CAST(x AS TIMESTAMP), 6) || ' UTC'
        WHEN 'INTERVAL' THEN sdk_invalid('CAST(interval AS varchar) is not supported')
        ELSE CASE
            WHEN typeof(x) LIKE 'DECIMAL%' THEN regexp_replace(CAST(x AS VARCHAR), '^(-?)\.', '\10.')
            WHEN regexp_matches(typeof(x), '\]$|^MAP\(|^STRUCT\(') THEN sdk_invalid('Cannot cast ' || typeof(x) || ' to varchar')
            ELSE CAST(x AS VARCHAR)
        END
    END,
    (x, digits) AS CASE typeof(x)
        WHEN 'TIME' THEN sdk_time_to_varchar(CAST(x AS VARCHAR), digits)
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN sdk_timestamp_to_varchar(TRY_CAST(x AS TIMESTAMP), digits) || ' UTC'
        ELSE sdk_timestamp_to_varchar(TRY_CAST(x AS TIMESTAMP), digits)
    END;
-- Strings are truncated to the length of the type; other values must fit.
CREATE MACRO sdk_to_varchar_of(x, text, length) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN left(text, length)
    WHEN length(text) > length THEN sdk_invalid('Value ' || text || ' cannot be represented as varchar(' || length || ')')
    ELSE text
END;
CREATE MACRO sdk_to_uuid(x) AS CASE
    WHEN typeof(x) = 'BLOB' THEN CASE
        WHEN octet_length(TRY_CAST(x AS BLOB)) = 16 THEN CAST(hex(TRY_CAST(x AS BLOB)) AS UUID)
        ELSE sdk_invalid('Invalid UUID binary length: ' || octet_length(TRY_CAST(x AS BLOB)))
    END
    ELSE CAST(CAST(x AS VARCHAR) AS UUID)
END;
-- Whether the last digit of a decimal depends on the digits of a double: Athena rounds 1.005 up, which is less in binary.
CREATE MACRO sdk_distance_from_half(x) AS abs(x - floor(x) - 0.5);
CREATE MACRO sdk_is_near_half(x, factor) AS typeof(x) IN ('DOUBLE', 'FLOAT') AND NOT (
    abs(TRY_CAST(x AS DOUBLE) * factor) < 1e11 AND sdk_distance_from_half(abs(TRY_CAST(x AS DOUBLE) * factor)) > 1e-4
);
-- DuckDB also parses 'yes', 'inf' and '1_000', and decimals between blanks.
CREATE MACRO sdk_is_misread(x, type) AS CASE type
    WHEN 'boolean' THEN NOT lower(x) IN ('t', 'true', '1', 'f', 'false', '0')
    WHEN 'decimal' THEN contains(x, '_') OR x < '!' OR right(x, 1) < '!'
    ELSE contains(x, '_') OR ((contains(x, 'n') OR contains(x, 'N')) AND NOT regexp_full_match(x, '\s*[+-]?(?:NaN|Infinity)\s*'))
END;
CREATE MACRO sdk_source(x, type) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND sdk_is_misread(CAST(x AS VARCHAR), type)
        THEN sdk_invalid('Cannot cast ''' || CAST(x AS VARCHAR) || ''' to ' || type)
    ELSE x
END;
CREATE MACRO sdk_try_source(x, type) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND sdk_is_misread(CAST(x AS VARCHAR), type) THEN NULL
    ELSE x
END;
CREATE MACRO sdk_is_misread_array(x, type, pattern) AS typeof(x) = 'VARCHAR[]' AND type <> 'varchar'
    AND len([e for e in TRY_CAST(x AS VARCHAR[]) if NOT regexp_full_match(e, pattern)]) > 0;
CREATE MACRO sdk_supported_array(x, type) AS CASE
    WHEN typeof(x) IN ('DOUBLE[]', 'FLOAT[]') AND type IN ('varchar', 'integer', 'decimal')
        OR typeof(x) LIKE 'TIMESTAMP%[]' AND type = 'varchar'
        THEN sdk_invalid('CAST of these elements to ' || type || ' is not supported: use transform(x, e -> CAST(e AS type))')
    ELSE x
END;
CREATE MACRO sdk_array_source(x, type, pattern) AS CASE
    WHEN sdk_is_misread_array(x, type, pattern) THEN sdk_invalid('Cannot cast ''an element'' to ' || type)
    ELSE sdk_supported_array(x, type)
END;
CREATE MACRO sdk_try_array_source(x, type, pattern) AS CASE
    WHEN sdk_is_misread_array(x, type, pattern) THEN NULL
    ELSE sdk_supported_array(x, type)
END;
-- DuckDB accepts more time formats than Athena does.
CREATE MACRO sdk_time_source(x, pattern, type) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), pattern)
        THEN sdk_invalid('Value cannot be cast to ' || type || ': ' || CAST(x AS VARCHAR))
    ELSE x
END;
CREATE MACRO sdk_nearest_microsecond(time, x, pattern) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND regexp_matches(CAST(x AS VARCHAR), pattern) THEN time + INTERVAL 1 MICROSECOND
    ELSE time
END;
-- DuckDB parses '+02:00' after a space as the name of a zone.
CREATE MACRO sdk_compact_offset(x) AS CASE
    WHEN typeof(x) = 'VARCHAR'
        THEN cast_to_type(regexp_replace(CAST(x AS VARCHAR), '\s+([+-]\d\d:\d\d)\s*$', '\1'), x)
    ELSE x
END;
CREATE MACRO sdk_try_time_source(x, pattern, type) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), pattern) THEN NULL
    ELSE x
END;
