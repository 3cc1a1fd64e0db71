/** How well a model does: figures that are exact however the rows are cut into batches. */
package org.adjoint.nn.metric;
