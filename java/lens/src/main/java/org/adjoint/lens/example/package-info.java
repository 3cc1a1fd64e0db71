/** Small networks whose pages teach: what {@code adjoint lens --example} writes. */
package org.adjoint.lens.example;
