/**
 * Formulas: immutable expressions that share their parts, how they are simplified, and how they are
 * written. It knows nothing of tensors and cannot differentiate: {@link org.adjoint.Symbolic} reads
 * a graph, a gradient's too, into an expression.
 *
 * <p>To add a function, nothing is needed here: an elementwise op prints under its own name. A
 * nicer notation in LaTeX is a line in {@code LatexNotation}; a rewriting is one in {@code
 * Simplifier}.
 */
package org.adjoint.symbolic;
