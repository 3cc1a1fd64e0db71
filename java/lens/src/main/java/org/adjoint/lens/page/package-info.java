/** One HTML file out of its parts, which asks for nothing else. */
package org.adjoint.lens.page;
