/** Files: tensors and models, written whole or not at all and read without trust. */
package org.adjoint.nn.format;
