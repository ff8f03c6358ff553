import * as z from "zod";

/** A schema that a discriminated union may hold: it says which tags it takes. */
type Tagged<O, I> = z.ZodType<O, I> & { _zod: { propValues: Record<string, Set<z.core.util.Primitive>> } };

/**
 * A union told apart by a field, whose last variant takes every text that no other has. A known tag is checked by its own
 * variant alone, so that an issue names the place.
 *
 * All variants have the same tag in the field `outer`, so that a union over that field may hold this one.
 */
export function taggedOr<
  const Known extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
  Other extends z.ZodType,
>(
  field: string,
  known: Known,
  other: Other,
): Tagged<z.output<Known[number]> | z.output<Other>, z.input<Known[number]> | z.input<Other>> {
  const union = z.discriminatedUnion(field, known);
  const names = new Set<unknown>(known.flatMap((variant) => [...(variant._zod.propValues[field] ?? [])]));
  const schema = z.unknown().transform((value, context) => {
    const tag = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : undefined;
    const result = (typeof tag === "string" && !names.has(tag) ? other : union).safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
  // What all variants say of their other fields holds for the whole.
  const shared: Record<string, Set<z.core.util.Primitive>> = {};
  for (const variant of known)
    for (const [key, values] of Object.entries(variant._zod.propValues))
      if (key !== field) shared[key] = new Set([...(shared[key] ?? []), ...values]);
  Object.defineProperty(schema._zod, "propValues", { value: shared, configurable: true });
  return schema as never;
}

/** A text has at most so many UTF-16 units, as `String.length` counts. Zod's own check counts code points. */
export function maxUnits(maximum: number): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    if (value.length > maximum)
      issues.push({ code: "too_big", origin: "string", maximum, inclusive: true, input: value });
  };
}

/** A text has at most so many bytes in UTF-8. Half of a surrogate pair counts as what replaces it. */
export function maxBytes(maximum: number): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    let bytes = 0;
    for (const char of value) {
      const code = char.codePointAt(0) ?? 0;
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    }
    if (bytes > maximum) issues.push({ code: "too_big", origin: "string", maximum, inclusive: true, input: value });
  };
}

/** A text has at least so many UTF-16 units. */
export function minUnits(minimum: number): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    if (value.length < minimum)
      issues.push({ code: "too_small", origin: "string", minimum, inclusive: true, input: value });
  };
}
