/** Networks that many threads ask at once: {@code Predictor}. */
package org.adjoint.nn.serve;
