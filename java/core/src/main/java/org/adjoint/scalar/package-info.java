/**
 * Reverse mode for scalars: a tape of arrays, values that record on it, and the small networks of a
 * first lesson. It knows nothing of tensors, and the rest of Adjoint nothing of it.
 *
 * <p>For teaching, write with {@link org.adjoint.scalar.Value}. For scalar code in a hot loop, as
 * finance writes it, a {@link org.adjoint.scalar.Tape} takes the same ops on plain {@code int}
 * nodes and allocates nothing. Both may be mixed on one tape.
 */
package org.adjoint.scalar;
