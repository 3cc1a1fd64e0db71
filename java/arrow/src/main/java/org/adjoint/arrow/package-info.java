/** Apache Arrow's vectors as tensors, without a copy. */
package org.adjoint.arrow;
