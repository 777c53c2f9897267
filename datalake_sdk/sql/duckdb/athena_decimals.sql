-- Division and average of decimals: doubles in DuckDB, exact and rounded half up in Athena.
-- https://trino.io/docs/current/functions/decimal.html

CREATE MACRO sdk_digits_of(x) AS CASE
    WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(regexp_extract(typeof(x), '^DECIMAL\((\d+)', 1) AS INTEGER)
    ELSE CASE typeof(x) WHEN 'TINYINT' THEN 3 WHEN 'SMALLINT' THEN 5 WHEN 'INTEGER' THEN 10 ELSE 38 END
END;
CREATE MACRO sdk_power_of_ten(n) AS CAST('1' || repeat('0', n) AS HUGEINT);
CREATE MACRO sdk_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);
CREATE MACRO sdk_decimal_literal(sign, unscaled, scale) AS sign || (unscaled // sdk_power_of_ten(scale))
    || '.' || lpad(CAST(unscaled % sdk_power_of_ten(scale) AS VARCHAR), scale, '0');
CREATE MACRO sdk_half_up(dividend, divisor) AS
    dividend // divisor + CASE WHEN dividend % divisor >= divisor - dividend % divisor THEN 1 ELSE 0 END;
CREATE MACRO sdk_unscaled_quotient(a, b, shift) AS sdk_half_up(abs(sdk_unscaled(a)) * sdk_power_of_ten(shift), nullif(abs(sdk_unscaled(b)), 0));
CREATE MACRO sdk_exact_quotient(a, b, scale) AS sdk_decimal_literal(
    CASE WHEN (a < 0) <> (b < 0) THEN '-' ELSE '' END,
    sdk_unscaled_quotient(a, b, scale - sdk_scale_of(a) + sdk_scale_of(b)),
    scale
);
-- A double is precise enough for quotients of short decimals; the factor raises halves that are slightly too low.
CREATE MACRO sdk_rounded(x, scale) AS round(x * 1.0000000000000004e0, scale);
CREATE MACRO sdk_is_short(a, b, scale) AS sdk_digits_of(a) + scale - sdk_scale_of(a) + sdk_scale_of(b) <= 14;
-- The sample has the type of the result.
CREATE MACRO sdk_divide(a, b, sample) AS CASE
    WHEN typeof(sample) IN ('DOUBLE', 'FLOAT') AND b = 0 THEN cast_to_type(a * CAST('inf' AS DOUBLE), sample)
    WHEN NOT typeof(sample) LIKE 'DECIMAL%' THEN cast_to_type(a / b, sample)
    WHEN b = 0 THEN cast_to_type('Division by zero', sample)
    WHEN sdk_is_short(a, b, sdk_scale_of(sample))
        THEN cast_to_type(sdk_rounded(a / b, sdk_scale_of(sample)), sample)
    ELSE cast_to_type(sdk_exact_quotient(a, b, sdk_scale_of(sample)), sample)
END;
CREATE MACRO sdk_remainder(a, b) AS CASE
    WHEN typeof(a % b) = 'DOUBLE' AND NOT typeof(a) IN ('DOUBLE', 'FLOAT') AND NOT typeof(b) IN ('DOUBLE', 'FLOAT')
        THEN sdk_invalid('decimal remainder with more than 38 digits in total')
    ELSE a % b
END;
-- The median of decimals is a decimal, that of integers a double: the types of Athena's average.
CREATE MACRO sdk_average(average, total, rows, sample) AS CASE
    WHEN typeof(sample) LIKE 'DECIMAL%'
        THEN cast_to_type(sdk_exact_quotient(total, nullif(rows, 0), sdk_scale_of(sample)), list_median([sample]))
    ELSE cast_to_type(average, list_median([sample]))
END;
