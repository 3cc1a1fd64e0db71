/** The training loop, its progress, and how a trained model is judged. */
package org.adjoint.nn.train;
