package org.adjoint;

/**
 * The k largest elements along an axis, in descending order, and where they stood.
 *
 * @param values the elements; gradients go back through the places
 * @param indices their places along the axis, as I64
 */
public record TopK(Tensor values, Tensor indices) {}
