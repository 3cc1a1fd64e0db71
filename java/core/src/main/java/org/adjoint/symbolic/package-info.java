/**
 * Formulas: immutable expressions that share their parts, how they are simplified, and how they are
 * written. Expressions cannot differentiate: {@link org.adjoint.symbolic.Symbolic} reads a graph, a
 * gradient's too, into one, and alone knows tensors.
 *
 * <p>To add a function, nothing is needed here: an elementwise op prints under its own name. A
 * nicer notation in LaTeX is a line in {@code LatexNotation}; a rewriting is one in {@code
 * Simplifier}.
 */
package org.adjoint.symbolic;
