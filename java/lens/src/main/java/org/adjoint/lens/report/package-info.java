/** A page about one training, or about up to three side by side. */
package org.adjoint.lens.report;
