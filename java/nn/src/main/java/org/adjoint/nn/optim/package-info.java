/** Rules that move parameters against their gradients. */
package org.adjoint.nn.optim;
