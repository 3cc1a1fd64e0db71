package org.adjoint;

/**
 * Elements brought to mean 0 and variance 1 in groups, and the moments of the groups, all from one
 * pass over memory. See {@link Tensor#standardize}.
 *
 * @param y the elements, of x's shape
 * @param mean the means of the groups; without the axes that were folded, as of {@link
 *     Tensor#mean(int...)}
 * @param variance the biased variances, likewise
 */
public record Standardized(Tensor y, Tensor mean, Tensor variance) {}
