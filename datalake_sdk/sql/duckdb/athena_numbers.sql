-- Numbers and bits. Conventions: athena_functions.sql.

CREATE MACRO sdk_bits(x) AS CASE typeof(x) WHEN 'TINYINT' THEN 8 WHEN 'SMALLINT' THEN 16 WHEN 'INTEGER' THEN 32 ELSE 64 END;
CREATE MACRO sdk_power_of_two(n) AS CAST(1 AS HUGEINT) << n;
-- The lowest bits as an unsigned and as a signed number.
CREATE MACRO sdk_unsigned(x, bits) AS
    (CAST(x AS HUGEINT) % sdk_power_of_two(bits) + sdk_power_of_two(bits)) % sdk_power_of_two(bits);
CREATE MACRO sdk_signed(x, bits) AS sdk_unsigned(x + sdk_power_of_two(bits - 1), bits) - sdk_power_of_two(bits - 1);
CREATE MACRO athena_bit_count(x, bits) AS CASE
    WHEN bits <= 1 OR bits > 64
        THEN sdk_invalid('Bits specified in bit_count must be between 2 and 64, got ' || bits)
    WHEN x < -sdk_power_of_two(bits - 1) OR x >= sdk_power_of_two(bits - 1) THEN sdk_invalid(
        'Number must be representable with the bits specified. ' || x || ' cannot be represented with ' || bits || ' bits'
    )
    ELSE CAST(bit_count(sdk_unsigned(CAST(x AS BIGINT), bits)) AS BIGINT)
END;
CREATE MACRO athena_bitwise_left_shift(x, n) AS cast_to_type(
    CASE WHEN n >= 64 THEN 0 ELSE sdk_signed(sdk_unsigned(x, 64 - n) * sdk_power_of_two(n), sdk_bits(x)) END, x
);
CREATE MACRO athena_bitwise_right_shift(x, n) AS cast_to_type(
    CASE WHEN n >= 64 THEN 0 WHEN n = 0 THEN x ELSE sdk_unsigned(x, sdk_bits(x)) >> n END, x
);
CREATE MACRO athena_bitwise_right_shift_arithmetic(x, n) AS cast_to_type(x >> least(n, sdk_bits(x) - 1), x);

CREATE MACRO sdk_rising_bucket(x, lower_bound, upper_bound, buckets) AS CASE
    WHEN x < lower_bound THEN CAST(0 AS BIGINT)
    WHEN x >= upper_bound THEN CAST(buckets AS BIGINT) + 1
    ELSE CAST(floor(buckets * (x - lower_bound) / (upper_bound - lower_bound)) AS BIGINT) + 1
END;
CREATE MACRO sdk_bucket(x, first, second, buckets) AS CASE
    WHEN buckets <= 0 THEN sdk_invalid('bucketCount must be greater than 0')
    WHEN isnan(x) THEN sdk_invalid('operand must not be NaN')
    WHEN NOT isfinite(first) THEN sdk_invalid('first bound must be finite')
    WHEN NOT isfinite(second) THEN sdk_invalid('second bound must be finite')
    WHEN first = second THEN sdk_invalid('bounds cannot equal each other')
    WHEN first < second THEN sdk_rising_bucket(x, first, second, buckets)
    ELSE buckets + 1 - sdk_rising_bucket(x, second, first, buckets)
END;
CREATE MACRO athena_width_bucket
    (x, bins) AS CASE
        WHEN len(bins) = 0 THEN sdk_invalid('Bins cannot be an empty array')
        WHEN isnan(CAST(x AS DOUBLE)) THEN sdk_invalid('Operand cannot be NaN')
        WHEN len([bin for bin in bins if NOT isfinite(CAST(bin AS DOUBLE))]) > 0
            THEN sdk_invalid('Bin value must be finite')
        WHEN list_sort(bins) <> bins THEN sdk_invalid('Bin values are not sorted in ascending order')
        WHEN x IS NOT NULL THEN len([bin for bin in bins if bin <= x])
    END,
    (x, first, second, buckets) AS
        sdk_bucket(CAST(x AS DOUBLE), CAST(first AS DOUBLE), CAST(second AS DOUBLE), buckets);
CREATE MACRO sdk_wilson(successes, trials, z, side) AS CASE
    WHEN successes < 0 THEN sdk_invalid('number of successes must not be negative')
    WHEN trials <= 0 THEN sdk_invalid('number of trials must be positive')
    WHEN successes > trials THEN sdk_invalid('number of successes must not be larger than number of trials')
    WHEN z < 0 THEN sdk_invalid('z-score must not be negative')
    ELSE (successes / CAST(trials AS DOUBLE) + z * z / (2e0 * trials) + side * z * sqrt(
        successes / CAST(trials AS DOUBLE) * (1 - successes / CAST(trials AS DOUBLE)) / trials
        + z * z / (4e0 * trials * trials)
    )) / (1 + z * z / CAST(trials AS DOUBLE))
END;
CREATE MACRO athena_wilson_interval_lower(successes, trials, z) AS
    sdk_wilson(CAST(successes AS BIGINT), CAST(trials AS BIGINT), CAST(z AS DOUBLE), -1);
CREATE MACRO athena_wilson_interval_upper(successes, trials, z) AS
    sdk_wilson(CAST(successes AS BIGINT), CAST(trials AS BIGINT), CAST(z AS DOUBLE), 1);

-- DuckDB converts NaN from Python to null.
CREATE MACRO athena_from_ieee754_32(x) AS
    coalesce(python_float(x), CASE WHEN x IS NOT NULL THEN CAST('nan' AS FLOAT) END);
CREATE MACRO athena_from_ieee754_64(x) AS coalesce(python_double(x), CASE WHEN x IS NOT NULL THEN CAST('nan' AS DOUBLE) END);
CREATE MACRO athena_normal_cdf(mean, deviation, x) AS CASE
    WHEN isnan(CAST(mean AS DOUBLE)) OR isnan(CAST(deviation AS DOUBLE)) OR isnan(CAST(x AS DOUBLE))
        THEN CAST('nan' AS DOUBLE)
    ELSE python_normal_cdf(mean, deviation, x)
END;
CREATE MACRO athena_sign(x) AS CASE
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND isnan(TRY_CAST(x AS DOUBLE)) THEN x
    ELSE cast_to_type(sign(x), x)
END;
