/** Shows graphs: pictures of them, and a page that steps through the chain rule. */
package org.adjoint.lens;
