/** Layers that bring what flows through them to mean 0 and variance 1, or to length 1. */
package org.adjoint.nn.norm;
