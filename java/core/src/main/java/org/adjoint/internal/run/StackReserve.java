package org.adjoint.internal.run;

/**
 * Fails early where a thread's stack is nearly used up: before a run holds anything, instead of
 * while the run publishes or releases something.
 *
 * <p>What comes at the end of a run may have to be interpreted, a dozen frames of some 130 bytes.
 * The check asks for more than a page of 4 KiB and writes nearly nothing of it: it is a method with
 * so many local variables that its interpreted frame is larger than that. Such a frame may follow
 * on a compiled one, at an index out of bounds for example; therefore a compiled method makes sure
 * when it is entered that the interpreted frame would fit (HotSpot's stack banging, by {@code
 * bang_size_in_bytes}; a method that calls nothing does not, hence the recursion).
 */
final class StackReserve {
  /** More calls than a compiler inlines into one method. */
  private static final int DEPTH = 3;

  private static int never;

  private StackReserve() {}

  /**
   * Returns if there is more stack than the end of a run uses.
   *
   * @throws StackOverflowError if there is not so much
   */
  static void check() {
    fitLargeFrames(DEPTH, never);
  }

  private static int fitLargeFrames(int depth, int never) {
    if (never != 0) {
      // Each of these has two slots of eight bytes.
      long aa, ab, ac, ad, ae, af, ag, ah, ai, aj, ak, al, am, an, ao, ap, aq, ar, at, au, av, aw;
      long ax, ay, az, ba, bb, bc, bd, bf, bg, bh, bi, bj, bk, bl, bm, bn, bo, bp, bq, br, bs, bt;
      long bu, bv, bw, bx, bz, ca, cb, cc, cd, ce, cf, cg, ch, ci, cj, ck, cl, cm, cn, co, cp, cq;
      long cr, cs, ct, cu, cv, cw, cx, cy, cz, da, db, dc, dd, de, df, dg, dh, di, dj, dk, dl, dm;
      long dn, dp, dq, dr, ds, dt, du, dv, dw, dx, dy, dz, ea, eb, ec, ed, ee, ef, eg, eh, ei, ej;
      long ek, el, em, en, eo, ep, eq, er, es, et, eu, ev, ew, ex, ey, ez, fa, fb, fc, fd, fe, ff;
      long fg, fh, fi, fj, fk, fl, fm, fn, fo, fp, fq, fr, fs, ft, fu, fv, fw, fx, fy, fz, ga, gb;
      long gc, gd, ge, gf, gg, gh, gi, gj, gk, gl, gm, gn, gp, gq, gr, gs, gt, gu, gv, gw, gx, gy;
      long gz, ha, hb, hc, hd, he, hf, hg, hh, hi, hj, hk, hl, hm, hn, ho, hp, hq, hr, hs, ht, hu;
      long hv, hw, hx, hy, hz, ia, ib, ic, id, ie, ig, ih, ii, ij, ik, il, im, io, ip, iq, ir, iu;
      long iv, iw, ix, iy, iz, ja, jb, jc, jd, je, jf, jg, jh, ji, jj, jk, jl, jm, jn, jo, jp, jq;
      long jr, js, jt, ju, jv, jw, jx, jy, jz, ka, kb, kc, kd, ke, kf, kg, kh, ki, kj, kk, kl, km;
      return fitLargeFrames(never, depth);
    }
    return depth == 0 ? 0 : 1 + fitLargeFrames(depth - 1, never);
  }
}
