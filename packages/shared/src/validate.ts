import * as z from "zod";

/** What is wrong with a value. `errors` is another name of `issues`. */
export type ValidationError<T = unknown> = z.ZodError<T> & { readonly errors: z.core.$ZodIssue[] };

/** What {@link validateSafe} answers. */
export type ValidationResult<T> = { success: true; data: T } | { success: false; error: ValidationError<T> };

function named<T>(error: z.ZodError<T>): ValidationError<T> {
  if (!("errors" in error)) {
    Object.defineProperty(error, "errors", {
      get(this: z.ZodError<T>) {
        return this.issues;
      },
      enumerable: false,
    });
  }
  return error as ValidationError<T>;
}

/** Checks a value by a schema and says what came of it. Never throws because of the value. */
export function validateSafe<S extends z.ZodType>(schema: S, data: unknown): ValidationResult<z.output<S>> {
  const result = schema.safeParse(data);
  return result.success
    ? { success: true, data: result.data }
    : { success: false, error: named(result.error as z.ZodError<z.output<S>>) };
}

/** Checks a value by a schema; throws a {@link ValidationError} when it does not hold. */
export function validateOrThrow<S extends z.ZodType>(schema: S, data: unknown): z.output<S> {
  const result = validateSafe(schema, data);
  if (result.success) return result.data;
  throw result.error;
}
